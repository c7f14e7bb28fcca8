"""``/metrics/job/...``: the API of Prometheus' Pushgateway.

The path contains labels for every value. Unlike there, values expire, so clients delete nothing.
"""

from base64 import urlsafe_b64decode

from django.http import HttpRequest, HttpResponse

from monitor.metrics.ingest.api import (
    ApiError,
    api_view,
    get_credentials,
    get_pushed_by_token,
    plain_response,
    read_push_body,
    store_samples,
)
from monitor.metrics.ingest.formats import decode_body_text, parse_text_format

ENCODED = "@base64"


@api_view("POST", "PUT", "DELETE")
def receive_group(request: HttpRequest, token_in_path: str | None, group: str) -> HttpResponse:
    token, _rest = get_credentials(request, [token_in_path] if token_in_path else [])
    pushed = get_pushed_by_token(token, request)
    labels = read_group(group)
    if request.method == "DELETE":
        return plain_response(202, f"Deleting is not supported. Values expire after {pushed.every} s.")
    if "protobuf" in (request.content_type or ""):
        raise ApiError(415, "Protocol buffers are not supported. Send the Prometheus text format.")
    return store_samples(pushed, parse_text_format(decode_body_text(read_push_body(request)), labels=labels))


def read_group(group: str) -> dict[str, str]:
    """Parse ``job/backup/instance/db1``. The value after a name that ends in ``@base64`` is encoded."""
    segments = group.split("/")
    if len(segments) % 2:
        raise ApiError(400, "Expected /metrics/job/NAME, followed by label/value pairs.")
    return {
        name.removesuffix(ENCODED): decode_label(value) if name.endswith(ENCODED) else value
        for name, value in zip(segments[::2], segments[1::2], strict=True)
    }


def decode_label(value: str) -> str:
    try:
        return urlsafe_b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)).decode()
    except ValueError:
        raise ApiError(400, f"{value[:40]!r} is not base64-encoded text.") from None
