"""What the pages of sources and of jobs share: making one, showing its token once, saying what was refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.http import AuthenticatedRequest
from monitor.metrics.ingest import services
from monitor.metrics.ingest.forms import VisibilityForm
from monitor.metrics.ingest.snippets import Snippet
from myweb.errors import NotFound, Refused

View = Callable[..., HttpResponse]


def redirect_refusals(view: View) -> View:
    """What a service refuses is said above the list."""

    @wraps(view)
    def spoken(request: AuthenticatedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound:
            raise
        except Refused as refused:
            messages.error(request, refused.text)
            return redirect("sources")

    return spoken


def render_new_form(
    request: AuthenticatedRequest,
    form: VisibilityForm,
    words: dict[str, Any],
    make: Callable[[dict[str, Any]], HttpResponse],
) -> HttpResponse:
    services.check_source_admin(request.user)
    if request.method == "POST" and form.is_valid():
        return make(form.cleaned_data)
    return render(request, "metrics/new.html", {"form": form, **words})


def render_token_page(
    request: AuthenticatedRequest, name: str, token: str, told: list[Snippet], back: str
) -> HttpResponse:
    """Answers with the page itself: the token is shown this once and kept nowhere."""
    context = {"name": name, "token": token, "lines": told, "back": back}
    response = render(request, "metrics/token.html", context)
    response["Cache-Control"] = "no-store"
    return response
