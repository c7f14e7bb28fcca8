"""JSON in requests, responses and pages."""

import msgspec
from django.http import HttpRequest, HttpResponse, RawPostDataException

from myweb.errors import Refused

UNSAFE = str.maketrans({"<": "\\u003C"})  # nothing else ends a script element, or begins a comment in one

encode = msgspec.json.Encoder().encode


def read_json_body(request: HttpRequest) -> bytes:
    """The body that a script sent as JSON. Raises :class:`Refused` for a form that has been parsed already."""
    try:
        return request.body
    except RawPostDataException:
        raise Refused("malformed", "Send JSON, not a form.") from None


def json_response(encoded: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(encoded, status=status, content_type="application/json")


def json_error_response(error: Refused, status: int) -> HttpResponse:
    return json_response(encode({"error": error.answer()}), status)


def json_script(element_id: str, state: object) -> str:
    """What ``{{ state|json_script:element_id }}`` is to templates, for typed structs."""
    return f'<script id="{element_id}" type="application/json">{encode(state).decode().translate(UNSAFE)}</script>\n'
