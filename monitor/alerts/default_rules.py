"""The default rules of a workspace."""

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from chat.models import Room
from monitor.alerts.models import Rule, Severity
from myweb.formats import HOUR

MAX_BACKUP_AGE = 26 * HOUR  # of the newest; also for doctor


def build_default_rules() -> list[Rule]:
    return [
        Rule(title=_("Requests are queued"), source="web", series="queue", threshold=10, hold=10),
        Rule(title=_("All workers are busy"), source="web", series="busy", comparison=">=", threshold=100, hold=60),
        Rule(
            title=_("A disk is almost full"),
            source="host",
            series="disk.full *",
            threshold=90,
            hold=300,
            severity=Severity.CRITICAL,
        ),
        Rule(title=_("Memory is almost full"), source="host", series="memory.share", threshold=92, hold=300),
        Rule(
            title=_("A server does not respond"),
            source="redis database web nginx live",
            series="up",
            comparison="<",
            threshold=1,
            hold=30,
            severity=Severity.CRITICAL,
        ),
        Rule(
            title=_("The heartbeat does not get out"),
            source="heartbeat",
            series="up",
            comparison="<",
            hold=180,
            threshold=1,
        ),
        Rule(title=_("Socket events are delayed"), source="live", series="lag.p99", threshold=0.25, hold=30),
    ]


def build_backup_rules() -> list[Rule]:
    return [
        Rule(
            title=_("No backup for 26 hours"),
            source="backups",
            series="*age",  # of the newest, and of its newest copy
            threshold=MAX_BACKUP_AGE,
            hold=0,
            severity=Severity.CRITICAL,
        ),
        Rule(
            title=_("The newest backup cannot be restored"),
            source="backups",
            series="restorable",
            comparison="<",
            threshold=1,
            hold=0,
            severity=Severity.CRITICAL,
        ),
    ]


@transaction.atomic
def create_default_rules() -> bool:
    """Creates the default rules in the first welcome room, if there never was a rule. Returns whether it did."""
    if Rule.objects.exists():
        return False
    with translation.override(settings.LANGUAGE_CODE):
        rules = build_default_rules() + (build_backup_rules() if settings.BACKUPS else [])
    return store_rules(rules)


@transaction.atomic
def create_backup_rules() -> bool:
    """Called when backups are switched on, maybe years after the other rules. Removed rules do not come back."""
    if Rule.objects.filter(source="backups").exists() or not Rule.objects.exists():
        return False
    with translation.override(settings.LANGUAGE_CODE):
        rules = build_backup_rules()
    return store_rules(rules)


def store_rules(rules: list[Rule]) -> bool:
    room = Room.objects.filter(welcome=True, archived_at=None).order_by("pk").first()
    if room is None:
        return False
    for rule in rules:
        rule.room = room
        rule.save()
    return True
