"""What users choose about mails of notifications.

The default delay is DEFAULT_MAIL_DELAY in chat/models/notifications.py. The offered ones are in mail_forms.py.
"""

from datetime import datetime

from accounts.models import User
from chat.models import NotificationSettings
from chat.notifications.summary_time import find_summary_day
from myweb.times import load_zone


def get_notification_settings(user: User) -> NotificationSettings:
    """The defaults for a user who chose nothing."""
    try:
        return user.notification_settings
    except NotificationSettings.DoesNotExist:
        return NotificationSettings(user=user)


def change_mail_settings(
    user: User, *, delay: int, shows_text: bool, summary_hour: int | None, zone: str, now: datetime
) -> None:
    """``zone`` is that of the browser, and counts only while the user has none."""
    chosen, _is_new = NotificationSettings.objects.get_or_create(user=user)
    if not chosen.zone and load_zone(zone):
        chosen.zone = zone
    if chosen.summary_hour != summary_hour and summary_hour is not None:
        chosen.summary_on = find_summary_day(summary_hour, chosen.zone, now)  # the next one comes at that hour
    chosen.mail_delay, chosen.mail_shows_text, chosen.summary_hour = delay, shows_text, summary_hour
    chosen.save(update_fields=["mail_delay", "mail_shows_text", "summary_hour", "summary_on", "zone"])
