"""Changes of rules, silences, notification channels and integrations. Each refusal has a message for the user."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat.models import Room
from monitor.alerts import access, lifecycle, notifications
from monitor.alerts.models import EscalationStep, Integration, Route, Rule, Silence
from monitor.metrics.access import visible_to
from monitor.metrics.ingest.services import SourceUse
from monitor.metrics.models import Source
from monitor.metrics.name_patterns import matches_any_pattern
from monitor.oncall.apprise_delivery import send_by_apprise
from myweb import tokens
from myweb.encryption import decrypt_secret, encrypt_secret
from myweb.errors import Refused
from myweb.times import find_zone


def check_readable_sources(by: User, rule: Rule, pattern: str) -> None:
    """A rule reads what its creator sees. Other users can change its sources only if they see the same sources."""
    readable = access.sources_of_rule(rule).exclude(visible_to(by))
    if any(matches_any_pattern(key, pattern) for key in readable.values_list("key", flat=True)):
        raise Refused("forbidden", _("This rule would read sources that you can't access. Create your own rule."))


def check_no_dependency_cycle(rule: Rule, parents: Iterable[Rule]) -> None:
    unvisited, visited = list(parents), set()
    while unvisited:
        parent = unvisited.pop()
        if parent.pk == rule.pk:
            raise Refused("invalid", _("The rules would suppress each other."))
        if parent.pk not in visited:
            visited.add(parent.pk)
            unvisited += parent.depends_on.all()


@transaction.atomic
def save_rule(by: User, rule: Rule | None, values: Mapping[str, Any]) -> Rule:
    """Saves ``values`` by field name. Without ``rule`` it creates a new one."""
    fields = dict(values)
    parents, routes = fields.pop("depends_on", []), fields.pop("routes", None)
    steps = fields.pop("steps", None)
    if rule is None:
        access.check_may_manage_alerts(by)
        rule = Rule(made_by=by)
    elif not access.may_edit(by, rule):
        raise Refused("forbidden", _("Only admins and the creator of this rule can change it."))
    if rule.pk:
        lock_rule(rule)
    moved = rule.pk and any(getattr(rule, name) != fields[name] for name in ("room", "source", "series"))
    if moved:
        check_readable_sources(by, rule, fields["source"])
    for name, value in fields.items():
        setattr(rule, name, value)
    rule.changed_at = timezone.now()
    if rule.pk:
        check_no_dependency_cycle(rule, parents)
    rule.save()
    rule.depends_on.set(parents)
    if steps is not None:
        rule.steps.all().delete()
        EscalationStep.objects.bulk_create(EscalationStep(rule=rule, **step._asdict()) for step in steps)
    if routes is not None and by.is_admin:
        rule.routes.set(routes)
    if moved or not rule.enabled:
        end_rule_alerts(rule)
    return rule


def lock_rule(rule: Rule) -> None:
    """Makes the collector wait, so it stores nothing of the rule in the meantime."""
    Rule.objects.select_for_update().filter(pk=rule.pk).first()


def end_rule_alerts(rule: Rule) -> None:
    """Ends all alerts of the rule."""
    lifecycle.close_alerts(rule.alerts.filter(ended_at=None))
    now = int(timezone.now().timestamp())
    rule.instances.filter(ended_at=None).exclude(alert=None).update(ended_at=now, phase="ok")
    rule.instances.filter(ended_at=None, alert=None).delete()


@transaction.atomic
def set_rule_enabled(by: User, rule: Rule, enabled: bool) -> None:
    """Switches a rule on or off. Switched off, its alerts end."""
    if not access.may_edit(by, rule):
        raise Refused("forbidden", _("Only admins and the creator of this rule can change it."))
    lock_rule(rule)
    rule.enabled, rule.changed_at = enabled, timezone.now()
    rule.save(update_fields=["enabled", "changed_at"])
    if not enabled:
        end_rule_alerts(rule)


@transaction.atomic
def remove_rule(by: User, rule: Rule) -> None:
    if not access.may_edit(by, rule):
        raise Refused("forbidden", _("Only admins and the creator of this rule can change it."))
    lock_rule(rule)
    rule.removed_at = rule.changed_at = timezone.now()
    rule.enabled = False
    rule.save(update_fields=["removed_at", "changed_at", "enabled"])
    end_rule_alerts(rule)


def create_silence(
    by: User,
    room: Room,
    *,
    rule: Rule | None,
    pattern: str,
    starts: datetime,
    ends: datetime,
    weekly: bool,
    reason: str,
    zone: str = "",
) -> Silence:
    """``zone`` is the time zone of the weekly hours; empty: that of the site."""
    if ends <= starts:
        raise Refused("invalid", _("The end must be after the start."))
    if ends <= timezone.now() and not weekly:
        raise Refused("invalid", _("This time is in the past."))
    if weekly and (ends - starts).days >= 7:
        raise Refused("invalid", _("A weekly silence must be shorter than a week."))
    if rule and rule.room_id != room.pk:
        raise Refused("invalid", _("The rule belongs to another room."))
    return Silence.objects.create(
        room=room,
        rule=rule,
        pattern=pattern,
        starts=starts,
        ends=ends,
        weekly=weekly,
        reason=reason,
        zone=find_zone(zone).key,
        made_by=by,
    )


def end_silence(silence: Silence) -> None:
    """Access was checked before: every member of the room can end ``silence``."""
    now = timezone.now()
    Silence.objects.filter(pk=silence.pk, ended_at=None).update(ended_at=now, changed_at=now)


def create_route(by: User, *, name: str, address: str, severities: list[str]) -> Route:
    access.check_may_manage_alerts(by)
    import apprise  # takes half a second to load

    if apprise.Apprise.instantiate(address, suppress_exceptions=True) is None:
        raise Refused("invalid", _("Apprise does not support this address. Check its format."))
    return Route.objects.create(name=name, sealed=encrypt_secret(address), severities=severities, made_by=by)


def remove_route(by: User, route: Route) -> None:
    access.check_may_manage_alerts(by)
    route.delete()


def send_test_notification(by: User, route: Route) -> str:
    """Sends a test notification. Returns an empty string or an error message."""
    access.check_may_manage_alerts(by)
    title = _("A test from myweb")
    problem = send_by_apprise(decrypt_secret(route.sealed), title, _("Sent by %(name)s.") % {"name": by.name}, "info")
    notifications.record_delivery(route.pk, problem)
    return problem


def create_integration(by: User, room: Room, name: str) -> tuple[Integration, str]:
    """Returns the integration and its token, which can't be read again."""
    access.check_may_manage_alerts(by)
    token = tokens.create_token("alerts")
    return Integration.objects.create(name=name, room=room, token_hash=token.digest, made_by=by), token.text


def remove_integration(by: User, integration: Integration) -> None:
    access.check_may_manage_alerts(by)
    lifecycle.close_alerts(integration.alerts.filter(ended_at=None))
    integration.delete()


def find_rules_naming(source: Source) -> SourceUse:
    titles = [
        rule.title for rule in Rule.objects.filter(removed_at=None) if matches_any_pattern(source.key, rule.source)
    ]
    return SourceUse(
        gettext_lazy("These alert rules stay but no longer match its series; alerts firing for it end:"),
        gettext_lazy("No alert rule watches it."),
        titles,
    )
