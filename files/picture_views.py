"""Where users choose and remove their picture, and owners the logo of the workspace. Who sees them: accounts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import get_managed_workspace
from accounts.settings_forms import is_saved_by_script
from accounts.views import get_signed_in_user
from files import picture_uploads
from files.upload_views import STATUS
from myweb.errors import Refused
from myweb.http import json_error_response


@require_http_methods(["GET", "HEAD", "POST"])
def edit_picture(request: HttpRequest) -> HttpResponse:
    return handle_picture(request, page="profile", is_logo=False)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_logo(request: HttpRequest) -> HttpResponse:
    get_managed_workspace(get_signed_in_user(request))
    return handle_picture(request, page="workspace", is_logo=True)


def handle_picture(request: HttpRequest, *, page: str, is_logo: bool) -> HttpResponse:
    """GET tells a script how far the worker is. POST takes ``picture``, or ``remove``."""
    user = get_signed_in_user(request)
    if request.method == "POST":
        try:
            change_picture(request, is_logo=is_logo)
        except Refused as refused:
            if is_saved_by_script(request):
                return json_error_response(refused, STATUS.get(refused.code, 400))
            messages.error(request, str(refused))
            return redirect(page)
        if not is_saved_by_script(request):
            text = _("Removed.") if "remove" in request.POST else _("Your picture is being prepared.")
            messages.success(request, text)
            return redirect(page)
    return JsonResponse(picture_uploads.read_picture_state(user, is_logo=is_logo)._asdict())


def change_picture(request: HttpRequest, *, is_logo: bool) -> None:
    user, picture = get_signed_in_user(request), request.FILES.get("picture")
    if "remove" in request.POST:
        picture_uploads.remove_picture(user, is_logo=is_logo)
    elif picture is None:
        raise Refused("invalid", _("Choose a picture."))
    else:
        picture_uploads.receive_picture(user, picture, is_logo=is_logo)
