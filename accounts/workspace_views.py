"""The page on which owners change the workspace's name, logo and default language, and the logo itself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import access, services
from accounts.forms import WorkspaceForm
from accounts.models import WorkspaceLogo
from accounts.settings_forms import answer_script, is_saved_by_script
from accounts.views import get_signed_in_user


def edit_workspace(request: HttpRequest) -> HttpResponse:
    by = get_signed_in_user(request)
    workspace = access.get_managed_workspace(by)
    initial = {
        "name": workspace.name,
        "language": workspace.language,
        "mail_may_show_text": "yes" if workspace.mail_may_show_text else "no",
    }
    form = WorkspaceForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_workspace(workspace, **form.cleaned_data)
        if is_saved_by_script(request):
            return answer_script(form)
        messages.success(request, _("Saved."))
        return redirect("workspace")
    if is_saved_by_script(request):
        return answer_script(form)
    return render(request, "accounts/workspace.html", {"form": form, "has_logo": bool(workspace.logo)})


@login_not_required
@require_safe
def show_logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The URL names the picture, so that browsers keep it for good. Sign-in pages show it too."""
    logo = WorkspaceLogo.objects.filter(workspace__logo=digest).first()
    if logo is None:
        raise Http404
    response = HttpResponse(bytes(logo.image), content_type=logo.content_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
