"""The page that the service worker keeps, for when there is no network."""

from types import SimpleNamespace

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.http import require_GET

from accounts.models import Workspace
from chat import slash

NOBODY = SimpleNamespace(name="", initials="", colour="")


@login_not_required
@require_GET
def show_offline_page(_request: HttpRequest) -> HttpResponse:
    """Rendered without the request, so that nothing of its user can be in it."""
    workspace = SimpleNamespace(name=Workspace.current().name, logo_url=static("myweb/mark.svg"))
    context = {
        "later_modules": True,
        "csrf_token": "NOTPROVIDED",  # Django's word for none
        "page_user": "",
        "theme": "system",
        "workspace": workspace,
        "commands": slash.list_slash_commands(),
        "shell": {"me": NOBODY},
    }
    response = HttpResponse(render_to_string("offline.html", context))
    response["Cache-Control"] = "no-cache"
    return response
