"""Alerts, their rules and silences are for the members of their room; ways out of the house are for admins."""

from django.db.models import QuerySet

from accounts.models import User
from chat.access import NotFound, member_rooms
from chat.models import Room
from monitor.models import Alert, Integration, Route, Rule, Silence

LARGEST = 2**63


def alerts_of(user: User) -> QuerySet[Alert]:
    return Alert.objects.filter(room__in=member_rooms(user).values("pk"))


def get_alert(user: User, number: int) -> Alert:
    found = alerts_of(user).filter(pk=number).first() if 0 < number < LARGEST else None
    if found is None:
        raise NotFound
    return found


def rooms_of(user: User) -> QuerySet[Room]:
    """Where a rule may live."""
    return member_rooms(user).exclude(kind=Room.Kind.DIRECT).filter(archived_at=None)


def rules_of(user: User) -> QuerySet[Rule]:
    mine = Rule.objects.filter(room__in=member_rooms(user).values("pk"), removed_at=None)
    return mine.select_related("room")


def get_rule(user: User, number: int) -> Rule:
    found = rules_of(user).filter(pk=number).first()
    if found is None:
        raise NotFound
    return found


def may_edit(user: User, rule: Rule) -> bool:
    """Of those who see it: admins, and who made it."""
    return user.is_admin or rule.made_by_id == user.pk


def silences_of(user: User) -> QuerySet[Silence]:
    return Silence.objects.filter(room__in=member_rooms(user).values("pk")).select_related("room", "rule", "made_by")


def get_silence(user: User, number: int) -> Silence:
    found = silences_of(user).filter(pk=number).first()
    if found is None:
        raise NotFound
    return found


def routes_of(user: User) -> QuerySet[Route]:
    return Route.objects.all() if user.is_admin else Route.objects.none()


def get_route(user: User, number: int) -> Route:
    found = routes_of(user).filter(pk=number).first()
    if found is None:
        raise NotFound
    return found


def integrations_of(user: User) -> QuerySet[Integration]:
    mine = Integration.objects.filter(room__in=member_rooms(user).values("pk")).select_related("room")
    return mine if user.is_admin else Integration.objects.none()


def get_integration(user: User, number: int) -> Integration:
    found = integrations_of(user).filter(pk=number).first()
    if found is None:
        raise NotFound
    return found
