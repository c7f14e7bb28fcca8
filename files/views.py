"""Files of messages, for those who may read them now."""

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.views import get_signed_in_user
from files import access
from files.serving import serve_original


@require_safe
def show_file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """``?download`` makes it an attachment, whatever it is."""
    file = access.get_file(get_signed_in_user(request), file_id)
    return serve_original(request, file, download="download" in request.GET)
