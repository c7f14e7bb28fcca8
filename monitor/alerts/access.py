"""Members of a room see its alerts, rules and silences. Only admins see notification channels and integrations."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from chat.access import member_rooms
from monitor.alerts.models import Alert, Integration, Route, Rule, Silence
from monitor.metrics.access import visible_to
from monitor.metrics.models import Source
from myweb.errors import Refused, get_or_not_found


def alerts_of(user: User) -> QuerySet[Alert]:
    return Alert.objects.filter(room__in=member_rooms(user).values("pk"))


def get_alert(user: User, number: int) -> Alert:
    return get_or_not_found(alerts_of(user), pk=number)


def rules_of(user: User) -> QuerySet[Rule]:
    rules = Rule.objects.filter(room__in=member_rooms(user).values("pk"), removed_at=None)
    return rules.select_related("room")


def get_rule(user: User, number: int) -> Rule:
    return get_or_not_found(rules_of(user), pk=number)


def check_may_manage_alerts(by: User) -> None:
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can do this."))


def may_edit(user: User, rule: Rule) -> bool:
    """Admins and the creator of a rule can change it."""
    return user.is_admin or rule.made_by_id == user.pk


def sources_of_rule(rule: Rule) -> QuerySet[Source]:
    """Returns the sources of the rule's room and those that its creator sees now."""
    of_its_room = Q(room=rule.room_id)
    if rule.made_by is None:  # a default rule, or its creator was deleted
        return Source.objects.filter(of_its_room | Q(room=None))
    return Source.objects.filter(of_its_room | visible_to(rule.made_by))


def silences_of(user: User) -> QuerySet[Silence]:
    return Silence.objects.filter(room__in=member_rooms(user).values("pk")).select_related("room", "rule", "made_by")


def get_silence(user: User, number: int) -> Silence:
    return get_or_not_found(silences_of(user), pk=number)


def routes_of(user: User) -> QuerySet[Route]:
    return Route.objects.all() if user.is_admin else Route.objects.none()


def get_route(user: User, number: int) -> Route:
    return get_or_not_found(routes_of(user), pk=number)


def integrations_of(user: User) -> QuerySet[Integration]:
    integrations = Integration.objects.filter(room__in=member_rooms(user).values("pk")).select_related("room")
    return integrations if user.is_admin else Integration.objects.none()


def get_integration(user: User, number: int) -> Integration:
    return get_or_not_found(integrations_of(user), pk=number)
