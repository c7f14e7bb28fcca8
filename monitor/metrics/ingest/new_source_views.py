"""Shared by the pages of sources and heartbeats: creation, showing a token once, and error messages."""

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
    """Show the error of a service as a message above the list."""

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
    texts: dict[str, Any],
    make: Callable[[dict[str, Any]], HttpResponse],
) -> HttpResponse:
    services.check_source_admin(request.user)
    if request.method == "POST" and form.is_valid():
        return make(form.cleaned_data)
    return render(request, "metrics/new.html", {"form": form, **texts})


def render_token_page(
    request: AuthenticatedRequest, name: str, token: str, snippets: list[Snippet], back: str
) -> HttpResponse:
    """Render the page directly, since the token is shown once and never stored."""
    context = {"name": name, "token": token, "lines": snippets, "back": back}
    response = render(request, "metrics/token.html", context)
    response["Cache-Control"] = "no-store"
    return response
