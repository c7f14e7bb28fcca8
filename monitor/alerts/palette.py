"""Alerts that are open, rules, and what can be done about both."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from chat.palette import MAX_ENTRIES, make_actions, make_group, make_pages, make_settings
from chat.protocol import PaletteEntry, PaletteGroup
from monitor.alerts.access import alerts_of, rules_of
from monitor.alerts.condition_text import format_span
from monitor.alerts.evaluation import AlertState
from monitor.alerts.models import Alert
from myweb.prepared_queries import PreparedForUsers

MAX_ACKNOWLEDGED = 3  # actions to acknowledge an alert

open_alerts = PreparedForUsers(
    lambda user: alerts_of(user).filter(ended_at=None).select_related("acked_by")[:MAX_ENTRIES]
)
listed_rules = PreparedForUsers(lambda user: rules_of(user)[: MAX_ENTRIES + 1])


def find_alert_groups(user: User) -> list[PaletteGroup]:
    alerts = open_alerts(user)
    alerts.sort(key=lambda alert: alert.state != AlertState.FIRING)
    return [
        make_group("alert", pgettext("kind in the palette", "Alert"), "alerts", map(make_alert_entry, alerts)),
        make_group(
            "rule",
            pgettext("kind in the palette", "Rule"),
            "alerts",
            (
                PaletteEntry(rule.title, reverse("alert_rule", args=[rule.pk]), hint=f"#{rule.room.name}")
                for rule in listed_rules(user)
            ),
        ),
        make_actions(*list_actions(user, alerts)),
        make_pages(
            PaletteEntry(_("Alerts"), reverse("alerts"), icon="alerts"),
            PaletteEntry(_("Rules"), reverse("alert_rules"), icon="alerts"),
            PaletteEntry(_("Silences"), reverse("alert_silences"), icon="alerts"),
        ),
        make_settings(*list_settings(user)),
    ]


def make_alert_entry(alert: Alert) -> PaletteEntry:
    is_firing = alert.state == AlertState.FIRING
    return PaletteEntry(
        alert.title,
        reverse("alert", args=[alert.pk]),
        hint=describe_state(alert),
        tone="bad" if is_firing else "warn",
    )


def describe_state(alert: Alert) -> str:
    if alert.state == AlertState.FIRING:
        return format_span((timezone.now() - alert.began_at).total_seconds())
    if alert.state == AlertState.ACKNOWLEDGED and alert.acked_by:
        return _("acknowledged by %(name)s") % {"name": alert.acked_by.name}
    return _("silenced") if alert.state == AlertState.SILENCED else ""


def list_actions(user: User, alerts: list[Alert]) -> list[PaletteEntry]:
    firing = [alert for alert in alerts if alert.state == AlertState.FIRING]
    actions = [
        PaletteEntry(
            _("Acknowledge %(alert)s") % {"alert": alert.title},
            reverse("alert_answer", args=[alert.pk]),
            icon="check",
            now=True,
            fields={"do": "acknowledge"},
        )
        for alert in firing[:MAX_ACKNOWLEDGED]
    ]
    actions.append(PaletteEntry(_("Silence alerts…"), reverse("alert_silences"), icon="muted", place="alerts"))
    if user.is_admin:
        actions.append(PaletteEntry(_("New rule"), reverse("alert_rule_new"), place="alerts"))
    return actions


def list_settings(user: User) -> list[PaletteEntry]:
    if not user.is_admin:
        return []
    return [
        PaletteEntry(_("Notification channels"), reverse("alert_routes"), words=_("mail, webhook")),
        PaletteEntry(_("Integrations"), reverse("alert_integrations"), words="Alertmanager Grafana"),
    ]
