"""The page on which owners change the workspace's name and default language, the logo, and the pictures of users."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import access, services
from accounts.forms import WorkspaceForm
from accounts.models import UserPicture, Workspace, WorkspaceLogo
from accounts.settings_forms import answer_script, is_saved_by_script
from accounts.views import get_signed_in_user

SIZES = (64, 256)  # pixels of pictures of users


def edit_workspace(request: HttpRequest) -> HttpResponse:
    by = get_signed_in_user(request)
    workspace = access.get_managed_workspace(by)
    initial = {
        "name": workspace.name,
        "language": workspace.language,
        "mail_may_show_text": "yes" if workspace.mail_may_show_text else "no",
    }
    form = WorkspaceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_workspace(workspace, **form.cleaned_data)
        if is_saved_by_script(request):
            return answer_script(form)
        messages.success(request, _("Saved."))
        return redirect("workspace")
    if is_saved_by_script(request):
        return answer_script(form)
    return render(request, "accounts/workspace.html", {"form": form})


@login_not_required
@require_safe
def show_logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The URL names the picture, so that browsers keep it for good. Sign-in pages show it too.

    A page may name the one of before: processes keep the workspace for some seconds, and pages stay open.
    """
    logo = WorkspaceLogo.objects.filter(workspace__logo=digest).first()
    if logo is None:
        workspace = Workspace.objects.first()
        if workspace is None or workspace.logo == digest:  # its picture is missing
            raise Http404
        return redirect_once(workspace.logo_url)
    return send_picture(bytes(logo.image), logo.content_type, "public")


@require_safe
def show_user_picture(request: HttpRequest, user_id: int, digest: str, pixels: int) -> HttpResponse:
    """For everybody who is signed in. Of a picture that was replaced the new one, since open pages still name it."""
    picture = UserPicture.objects.select_related("user").filter(user=user_id).first() if pixels in SIZES else None
    if picture is None:
        raise Http404
    if picture.user.picture != digest:
        return redirect_once(reverse("user_picture", args=[user_id, picture.user.picture, pixels]))
    return send_picture(bytes(picture.large if pixels == max(SIZES) else picture.small), "image/webp", "private")


def redirect_once(address: str) -> HttpResponse:
    response = redirect(address)
    response["Cache-Control"] = "no-store"
    return response


def send_picture(image: bytes, content_type: str, caching: str) -> HttpResponse:
    headers = {
        "Cache-Control": f"{caching}, max-age=31536000, immutable",  # the digest is in the address
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(image, content_type=content_type, headers=headers)
