"""Receives webhooks, and limits how many. The token of the integration is in the URL or in the Authorization header.

Alertmanager retries after a 5xx status, but never after a 4xx status.
"""

from functools import cache
from math import ceil
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone, translation

from monitor.alerts.alertmanager import MAX_BYTES, Payload, parse_payload
from monitor.alerts.incoming_webhooks import apply_payload
from monitor.alerts.models import Integration
from monitor.metrics.ingest.api import ApiError, api_view, get_credentials
from myweb import tokens
from myweb.errors import Refused
from myweb.post_limits import get_sender
from realtime import rate_limits
from realtime.protocol import encode

PER_SECOND = 50  # requests of an integration; bursts can be five times as large
TOO_LONG = (
    f"A body has at most {MAX_BYTES} bytes. Set max_alerts in the webhook_config of Alertmanager, "
    "or group by more labels, so that a request holds fewer alerts."
)


@cache
def get_integration_buckets() -> rate_limits.SharedBuckets:
    """Rate limits by the id of the integration."""
    return rate_limits.SharedBuckets("alerts", PER_SECOND)


@api_view("POST")
def receive_webhook(request: HttpRequest, *path: Any) -> HttpResponse:
    token, _rest = get_credentials(request, [part for part in path if part])
    try:
        integration = find_integration(request, token)
        payload = parse_payload(read_body(request))
        with translation.override(settings.LANGUAGE_CODE):
            apply_with_retry(integration, payload)
    except Refused as refused:
        return build_error_response(refused)
    return HttpResponse(b"{}", content_type="application/json")


STATUS_OF_CODE = {"too_long": 413, "not_found": 404, "too_fast": 503, "too_many": 503}


def build_error_response(refused: Refused) -> HttpResponse:
    body = encode({"error": refused.answer()})
    response = HttpResponse(body, status=STATUS_OF_CODE.get(refused.code, 400), content_type="application/json")
    if refused.retry:
        response["Retry-After"] = str(max(1, ceil(refused.wait or 0)))
    return response


def find_integration(request: HttpRequest, token: str) -> Integration:
    integration = Integration.objects.select_related("room").filter(token_hash=tokens.hash_token(token)).first()
    if integration is None:
        if rate_limits.post_buckets().take(get_sender(request)):  # guessing tokens is rate limited by address
            raise ApiError(429, "Rate limit reached. Try again later.", Retry_After="5")
        raise Refused("not_found", "There is no integration with this token.")
    if wait := get_integration_buckets().take(str(integration.pk)):
        raise Refused("too_fast", "Too many requests at once. Send it again.", retry=True, wait=wait)
    return integration


def read_body(request: HttpRequest) -> bytes:
    """Reads at most the limit into memory, whatever Content-Length says."""
    try:
        body = request.read(MAX_BYTES + 1)
    except UnreadablePostError:
        raise Refused("malformed", "The body is incomplete.") from None
    if len(body) > MAX_BYTES:
        raise Refused("too_long", TOO_LONG)
    return body


def apply_with_retry(integration: Integration, payload: Payload) -> None:
    try:
        apply_payload(integration, payload, timezone.now())
    except IntegrityError:  # the same group came twice at once, and the other request has created the card
        apply_payload(integration, payload, timezone.now())
