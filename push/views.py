"""Devices of a user, and the subscription of the browser that they use."""

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.settings_forms import is_saved_by_script
from accounts.views import get_signed_in_user
from myweb.errors import Refused
from myweb.http import encode, json_error_response, json_response, read_json_body
from push import access, services
from push.browser_names import describe_browser
from push.protocol import Subscription, SubscriptionState

MAX_SUBSCRIPTION = 4_096  # bytes


@require_POST
def keep_subscription(request: HttpRequest) -> HttpResponse:
    """Stores what the browser has, at each load of a page. Tells the key to subscribe with if it has another one."""
    from push.subscriptions import save_device  # loads cryptography and an HTTP client, which pages do not need
    from push.vapid import get_vapid_key

    key = get_vapid_key().public
    try:
        body = read_json_body(request)
        if len(body) > MAX_SUBSCRIPTION:
            raise Refused("malformed", _("The subscription is too long."))
        try:
            subscription = msgspec.json.decode(body, type=Subscription | None)
        except msgspec.DecodeError:
            raise Refused("malformed", _("This is no subscription.")) from None
        if subscription is None or subscription.key != key:
            return json_response(encode(SubscriptionState(key)))
        device = save_device(
            get_signed_in_user(request),
            str(request.session.session_key),
            subscription,
            name=describe_browser(request.headers.get("User-Agent", "")),
            language=get_language() or "en",
        )
    except Refused as refused:
        return json_error_response(refused, 400)
    if device.is_removed:
        services.remove_device(device)
        return json_response(encode(SubscriptionState(key, removed=True)))
    return json_response(encode(SubscriptionState(key, known=True, content=device.content)))


@require_POST
def send_device_test(request: HttpRequest, device_id: int) -> HttpResponse:
    services.send_test(access.get_device(get_signed_in_user(request), device_id))
    if is_saved_by_script(request):
        return json_response(b"{}")
    messages.success(request, _("A test was sent. It arrives within a few seconds."))
    return redirect("notifications")


@require_POST
def change_device_content(request: HttpRequest, device_id: int) -> HttpResponse:
    device = access.get_device(get_signed_in_user(request), device_id)
    try:
        services.set_content(device, request.POST.get("content", ""))
    except Refused as refused:
        if is_saved_by_script(request):
            return json_error_response(refused, 400)
        messages.error(request, str(refused))
    else:
        if is_saved_by_script(request):
            return json_response(b"{}")
        messages.success(request, _("Saved."))
    return redirect("notifications")


@require_POST
def remove_own_device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Its browser may be another one: that one ends its subscription when it opens a page."""
    device = access.get_device(get_signed_in_user(request), device_id)
    if device.session_id == request.session.session_key:
        services.remove_device(device)
    else:
        services.mark_removed(device)
    messages.success(request, _("The device gets no more push notifications."))
    return redirect("notifications")
