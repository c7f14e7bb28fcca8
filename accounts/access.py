"""The one door to people and invitations: gives them to those who may have them, to others they do not exist."""

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Invitation, Role, User
from myweb.errors import NotFound

INVITATION_KEY = "invitation"


def is_empty() -> bool:
    """Nobody has an account yet: the first visit makes the owner."""
    return not User.objects.exclude(role=Role.BOT).exists()


def people(containing: str = "") -> QuerySet[User]:
    """Everyone, those who left last. All who are signed in may see all."""
    everyone = User.objects.exclude(role=Role.BOT).order_by("-is_active", "name", "id")
    wanted = containing.replace("\0", "").strip()  # PostgreSQL takes no NUL
    if wanted:
        return everyone.filter(Q(name__icontains=wanted) | Q(handle__contains=wanted.removeprefix("@").casefold()))
    return everyone


def check_admin(user: User) -> None:
    """To users who are not admins there is no such page."""
    if not user.is_admin:
        raise NotFound


def may_manage(by: User, person: User) -> bool:
    """Owners answer for everyone, admins for members, nobody for themselves."""
    return by.is_admin and by.pk != person.pk and (by.is_owner or person.role == Role.MEMBER)


def get_managed_person(by: User, person_id: int) -> User:
    person = User.objects.filter(pk=person_id).first()
    if (
        person is None
        or person.role == Role.BOT
        or not (may_manage(by, person) or (by.is_owner and by.pk == person.pk))
    ):
        raise Http404
    return person


def open_invitations(by: User) -> QuerySet[Invitation]:
    if not by.is_admin:
        raise Http404
    return Invitation.objects.open().select_related("created_by").order_by("-created_at")


def get_open_invitation(by: User, invitation_id: int) -> Invitation:
    invitation = open_invitations(by).filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404
    return invitation


def held_invitation(request: HttpRequest) -> Invitation | None:
    """The invitation that this visitor came with, while it is open."""
    held = request.session.get(INVITATION_KEY)
    return Invitation.objects.open().filter(pk=held).select_related("created_by").first() if held else None
