"""What can be done with rules, silences, ways out and integrations. Refuses with a sentence for a person."""

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
from monitor.alerts.models import Integration, Route, Rule, Silence
from monitor.alerts.wall_clock import find_zone
from monitor.metrics import tokens
from monitor.metrics.access import visible_to
from monitor.metrics.encryption import decrypt_secret, encrypt_secret
from monitor.metrics.ingest.services import SourceUse
from monitor.metrics.models import Source
from monitor.metrics.name_patterns import matches_any_pattern
from myweb.errors import Refused


def check_admin(by: User) -> None:
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can do this."))


def check_sources(by: User, rule: Rule, pattern: str) -> None:
    """A rule reads what its maker sees. Whoever changes it for them must see that, too; names are not told."""
    readable = access.sources_of_rule(rule).exclude(visible_to(by))
    if any(matches_any_pattern(key, pattern) for key in readable.values_list("key", flat=True)):
        raise Refused("forbidden", _("This rule would read sources that you can't access. Create your own rule."))


def check_no_circle(rule: Rule, parents: Iterable[Rule]) -> None:
    waiting, met = list(parents), set()
    while waiting:
        each = waiting.pop()
        if each.pk == rule.pk:
            raise Refused("invalid", _("The rules would suppress each other."))
        if each.pk not in met:
            met.add(each.pk)
            waiting += each.depends_on.all()


@transaction.atomic
def save_rule(by: User, rule: Rule | None, values: Mapping[str, Any]) -> Rule:
    """``values`` by the names of the model's fields. Without a rule, a new one."""
    told = dict(values)
    parents, routes = told.pop("depends_on", []), told.pop("routes", None)
    if rule is None:
        check_admin(by)
        rule = Rule(made_by=by)
    elif not access.may_edit(by, rule):
        raise Refused("forbidden", _("Only admins and the creator of this rule can change it."))
    if rule.pk:
        lock(rule)
    moved = rule.pk and any(getattr(rule, name) != told[name] for name in ("room", "source", "series"))
    if moved:
        check_sources(by, rule, told["source"])
    for name, value in told.items():
        setattr(rule, name, value)
    rule.changed_at = timezone.now()
    if rule.pk:
        check_no_circle(rule, parents)
    rule.save()
    rule.depends_on.set(parents)
    if routes is not None and by.is_admin:
        rule.routes.set(routes)
    if moved or not rule.enabled:
        stop(rule)
    return rule


def lock(rule: Rule) -> None:
    """What the collector writes down of it meanwhile comes before or not at all."""
    Rule.objects.select_for_update().filter(pk=rule.pk).first()


def stop(rule: Rule) -> None:
    """Whatever it found is over."""
    lifecycle.close(rule.alerts.filter(ended_at=None))
    now = int(timezone.now().timestamp())
    rule.instances.filter(ended_at=None).exclude(alert=None).update(ended_at=now, phase="ok")
    rule.instances.filter(ended_at=None, alert=None).delete()


@transaction.atomic
def remove_rule(by: User, rule: Rule) -> None:
    if not access.may_edit(by, rule):
        raise Refused("forbidden", _("Only admins and the creator of this rule can change it."))
    lock(rule)
    rule.removed_at = rule.changed_at = timezone.now()
    rule.enabled = False
    rule.save(update_fields=["removed_at", "changed_at", "enabled"])
    stop(rule)


def make_silence(
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
    """``zone`` is the one whose wall clock the weeks follow; empty: that of the site."""
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
    """``silence`` came through the door: every member of its room may."""
    now = timezone.now()
    Silence.objects.filter(pk=silence.pk, ended_at=None).update(ended_at=now, changed_at=now)


def make_route(by: User, *, name: str, address: str, severities: list[str]) -> Route:
    check_admin(by)
    import apprise  # takes half a second to load

    if apprise.Apprise.instantiate(address, suppress_exceptions=True) is None:
        raise Refused("invalid", _("Apprise does not support this address. Check its format."))
    return Route.objects.create(name=name, sealed=encrypt_secret(address), severities=severities, made_by=by)


def remove_route(by: User, route: Route) -> None:
    check_admin(by)
    route.delete()


def try_route(by: User, route: Route) -> str:
    """Sends a test at once. Empty if it went, else what was wrong."""
    check_admin(by)
    title = _("A test from myweb")
    problem = notifications.deliver(
        decrypt_secret(route.sealed), title, _("Sent by %(name)s.") % {"name": by.name}, "info"
    )
    notifications.count(route.pk, problem)
    return problem


def make_integration(by: User, room: Room, name: str) -> tuple[Integration, str]:
    """With its token, which nobody can read again."""
    check_admin(by)
    token = tokens.create_token("alerts")
    return Integration.objects.create(name=name, room=room, token_hash=token.digest, made_by=by), token.text


def remove_integration(by: User, integration: Integration) -> None:
    check_admin(by)
    lifecycle.close(integration.alerts.filter(ended_at=None))
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
