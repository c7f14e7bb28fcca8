"""The text of notifications, built at the time of sending."""

from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Workspace
from chat.access import member_rooms
from monitor.alerts.cards import render_alert_card
from monitor.alerts.models import Alert, Severity
from monitor.metrics.models import Beat

HEARTBEAT_SOURCE = "beats"  # the source whose series are heartbeats
MAX_OUTPUT = 1_500  # characters at the end of a job's output
MAX_JOBS = 3
KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}
KIND_RESOLVED = "success"


class NoticeText(NamedTuple):
    title: str
    body: str
    kind: str  # an Apprise notify type


def write_notice(alert: Alert) -> NoticeText:
    with translation.override(settings.LANGUAGE_CODE):
        severity = Severity(alert.severity)
        title = _("Resolved: %(title)s") % {"title": alert.title} if alert.ended_at else alert.title
        lines = [
            render_alert_card(alert)[1],
            "",
            *list_facts(alert),
            *([] if alert.ended_at else list_job_lines(alert)),
        ]
        return NoticeText(title, "\n".join(lines), KIND_RESOLVED if alert.ended_at else KINDS[severity])


def list_facts(alert: Alert) -> list[str]:
    lines = [
        _("Workspace: %(name)s") % {"name": Workspace.current().name},
        _("Severity: %(severity)s") % {"severity": Severity(alert.severity).label},
        _("Card: %(address)s") % {"address": build_absolute_url(reverse("alert", args=[alert.pk]))},
    ]
    if alert.runbook and not alert.ended_at:
        lines.append(_("Runbook: %(address)s") % {"address": build_absolute_url(alert.runbook)})
    return lines


def build_absolute_url(address: str) -> str:
    return address if address.startswith(("https://", "http://")) else settings.ORIGINS[0].rstrip("/") + address


def list_job_lines(alert: Alert) -> list[str]:
    """Lists how the firing jobs ended, and the end of their output."""
    names = alert.instances.filter(ended_at=None, name__startswith=f"{HEARTBEAT_SOURCE} ").values_list(
        "name", flat=True
    )
    keys = [name.removeprefix(f"{HEARTBEAT_SOURCE} ").rpartition(".")[0] for name in names[:MAX_JOBS]]
    jobs = {job.key: job for job in Beat.objects.filter(key__in=keys) if may_name_job(alert, job)}
    return [line for key in keys if key in jobs for line in describe_job(jobs[key])]


def may_name_job(alert: Alert, job: Beat) -> bool:
    """A room sees its own jobs and those that the creator of its rule sees."""
    creator = alert.rule.made_by if alert.rule else None
    if job.room_id == alert.room_id or (job.room_id is None and (creator is None or creator.is_admin)):
        return True
    return bool(creator and job.room and member_rooms(creator).filter(pk=job.room.pk).exists())


def describe_job(job: Beat) -> list[str]:
    change = job.changes.first()
    why = change.reason if change else ""
    lines = ["", _("Heartbeat %(name)s: %(why)s") % {"name": job.name, "why": why or job.get_state_display()}]
    output = job.output.strip()
    return [*lines, *((_("End of its output:"), output[-MAX_OUTPUT:]) if output else ())]
