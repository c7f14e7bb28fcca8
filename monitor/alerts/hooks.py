"""Where other programs send their alerts, with the token of an integration in the address or as a bearer."""

from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chat.views import as_json, json_error
from monitor import tokens
from monitor.alerts import webhooks
from monitor.models import Integration
from realtime.protocol import Refused

STATUS = {"malformed": 400, "too_long": 413, "not_found": 404}


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, token: str = "") -> HttpResponse:
    bearer = request.headers.get("Authorization", "")
    if bearer.lower().startswith("bearer "):
        token = bearer[7:].strip()
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > webhooks.LARGEST:
            raise Refused("too_long", f"A body has at most {webhooks.LARGEST} bytes.")
        integration = Integration.objects.select_related("room").filter(token_hash=tokens.digest(token)).first()
        if integration is None:
            raise Refused("not_found", "There is no integration with this token.")
        take(integration, webhooks.read(request.body))
    except Refused as refused:
        return json_error(refused, STATUS.get(refused.code, 400))
    return as_json(b"{}")


def take(integration: Integration, body: webhooks.Body) -> None:
    try:
        webhooks.take(integration, body)
    except IntegrityError:  # the same group, sent twice at once: the other one has made the card
        webhooks.take(integration, body)
