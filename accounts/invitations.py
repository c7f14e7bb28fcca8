"""Creates, counts and revokes invitations."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, User

EXPIRY_CHOICES = [("1", _("1 day")), ("7", _("7 days")), ("30", _("30 days")), ("", _("Never expires"))]  # days
DEFAULT_DAYS = 7  # one of the choices


def create_invitation(by: User, *, days: int | None, max_uses: int | None) -> Invitation:
    expires_at = timezone.now() + timedelta(days=days) if days else None
    return Invitation.objects.create(created_by=by, expires_at=expires_at, max_uses=max_uses)


def revoke_invitation(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())


def count_invitation_use(invitation: Invitation) -> bool:
    """Counts one use; False when the last was taken meanwhile."""
    return Invitation.objects.open().filter(pk=invitation.pk).update(uses=F("uses") + 1) == 1


def revoke_invitations_of_user(user: User) -> None:
    Invitation.objects.open().filter(created_by=user).update(revoked_at=timezone.now())
