"""Access checks of users and invitations: what a user may not see does not exist for them."""

from django.db.models import Case, Q, QuerySet, When
from django.http import Http404, HttpRequest

from accounts.models import Invitation, Role, User, Workspace
from myweb.errors import NotFound

INVITATION_KEY = "invitation"


def has_no_users() -> bool:
    """No user exists yet: the first visitor becomes the owner."""
    return not User.objects.exclude(role=Role.BOT).exists()


def find_users(containing: str = "") -> QuerySet[User]:
    """All users, deactivated ones last. Every signed-in user may see them."""
    everyone = User.objects.exclude(role=Role.BOT).order_by("-is_active", "name", "id")
    wanted = containing.replace("\0", "").strip()  # PostgreSQL takes no NUL
    if wanted:
        return everyone.filter(Q(name__icontains=wanted) | Q(handle__contains=wanted.removeprefix("@").casefold()))
    return everyone


def list_admins() -> QuerySet[User]:
    """Whom members ask, owners first."""
    admins = User.objects.filter(role__in=[Role.OWNER, Role.ADMIN], is_active=True)
    return admins.order_by(Case(When(role=Role.OWNER, then=0), default=1), "name", "id")


def check_admin(user: User) -> None:
    """To users who are not admins there is no such page."""
    if not user.is_admin:
        raise NotFound


def get_managed_workspace(by: User) -> Workspace:
    """Only owners change it. A copy: the cached one stays as it is stored."""
    if not by.is_owner:
        raise Http404
    return Workspace.objects.get()


def can_manage_user(by: User, user: User) -> bool:
    """Owners manage everyone, admins members, and no user themselves."""
    return by.is_admin and by.pk != user.pk and (by.is_owner or user.role == Role.MEMBER)


def get_managed_user(by: User, user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None or user.role == Role.BOT or not (can_manage_user(by, user) or (by.is_owner and by.pk == user.pk)):
        raise Http404
    return user


def list_open_invitations(by: User) -> QuerySet[Invitation]:
    if not by.is_admin:
        raise Http404
    return Invitation.objects.open().select_related("created_by").order_by("-created_at")


def get_open_invitation(by: User, invitation_id: int) -> Invitation:
    invitation = list_open_invitations(by).filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404
    return invitation


def get_held_invitation(request: HttpRequest) -> Invitation | None:
    """The invitation that this visitor came with, while it is open."""
    held = request.session.get(INVITATION_KEY)
    return Invitation.objects.open().filter(pk=held).select_related("created_by").first() if held else None
