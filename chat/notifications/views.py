"""The page of a user's notifications. Other apps add sections to it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedRequest
from accounts.models import User
from accounts.settings_forms import answer_script, is_saved_by_script
from chat.models import NotificationSettings
from chat.notifications.channels import change_channels
from chat.notifications.forms import ChannelForm, NotificationForm
from chat.notifications.mail_views import read_mail_section
from chat.notifications.services import change_settings
from myweb.smtp import is_mail_set_up
from push.device_list import read_device_list


class SettingsSection(NamedTuple):
    """A part of the page, below the choices of what and when."""

    template: str
    read: Callable[[AuthenticatedRequest], dict[str, Any]] = lambda _request: {}  # what the template needs


def make_channel_form(user: User, data: Any = None) -> ChannelForm:
    settings = NotificationSettings.objects.filter(user=user).first()
    return ChannelForm(data, settings.off_channels if settings else (), has_mail=is_mail_set_up())


def read_channel_section(request: AuthenticatedRequest) -> dict[str, Any]:
    return {"channel_form": make_channel_form(request.user)}


sections = [
    SettingsSection("chat/notification_channels.html", read_channel_section),
    SettingsSection("chat/notifications_device.html"),
    SettingsSection("push/devices.html", read_device_list),
    SettingsSection("chat/mail_settings.html", read_mail_section),
]


def show_notification_settings(request: AuthenticatedRequest) -> HttpResponse:
    user = request.user
    settings = NotificationSettings.objects.filter(user=user).first() or NotificationSettings(user=user)
    form = NotificationForm(request.POST or None, settings)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        change_settings(user, data["room_level"], data["direct_level"], data["zone"], form.quiet_periods)
        if not is_saved_by_script(request):
            messages.success(request, _("Saved."))
            return redirect("notifications")
    if is_saved_by_script(request):
        return answer_script(form)
    context: dict[str, Any] = {"form": form, "sections": sections}
    for section in sections:
        context |= section.read(request)
    return render(request, "chat/notifications.html", context)


@require_POST
def edit_notification_channels(request: AuthenticatedRequest) -> HttpResponse:
    form = make_channel_form(request.user, request.POST)
    if form.is_valid():
        change_channels(request.user, form.off)
    if is_saved_by_script(request):
        return answer_script(form)
    messages.success(request, _("Saved."))
    return redirect("notifications")
