"""One verb for every change to people and invitations. Whoever calls got the objects from ``access``."""

from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import is_empty
from accounts.models import Invitation, Role, User, Workspace, make_epoch
from accounts.signals import person_changed, role_changed, sessions_ended
from myweb.masking import with_prefix

PROGRAMS = "programs.invalid"  # where their addresses are; RFC 2606: never anybody's


class Declined(Exception):
    """A change that the house's rules do not allow; the text is a sentence for the person who asked."""


class AlreadySettled(Exception):
    """Someone else was the first visitor."""


@transaction.atomic
def create_workspace(*, house: str, name: str, email: str, password: str) -> User:
    """The house and its owner. Of two first visitors at once the row of the house lets one pass."""
    founded, made = Workspace.objects.select_for_update().get_or_create(pk=1, defaults={"name": house})
    if not is_empty():
        raise AlreadySettled
    if not made:
        founded.name = house
        founded.save()
    return User.objects.create_user(email, password, name=name, role=Role.OWNER)


def bot(name: str) -> User:
    """The program of that name, made when it speaks for the first time. It has no password and is no member."""
    address = f"{name.lower()}@{PROGRAMS}"
    known = User.objects.filter(email=address, role=Role.BOT).first()
    return known or User.objects.create_user(address, name=name, role=Role.BOT)


def invite(by: User, *, days: int | None, max_uses: int | None) -> Invitation:
    expires_at = timezone.now() + timedelta(days=days) if days else None
    return Invitation.objects.create(created_by=by, expires_at=expires_at, max_uses=max_uses)


def revoke(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())


def use(invitation: Invitation) -> bool:
    """Counts one use; False when the last was taken meanwhile."""
    return Invitation.objects.open().filter(pk=invitation.pk).update(uses=F("uses") + 1) == 1


@transaction.atomic
def change_profile(person: User, *, name: str, handle: str, colour: int) -> None:
    person.name, person.handle, person.colour = name, handle, colour
    person.save(update_fields=["name", "handle", "colour"])
    person_changed.send(sender=User, person=person)


@transaction.atomic
def change_email(person: User, email: str) -> None:
    """Signing in goes by the new address alone, and reset links sent to the old one end."""
    person.email = email
    person.save(update_fields=["email"])
    EmailAddress.objects.filter(user=person).delete()


@transaction.atomic
def set_role(by: User, person: User, role: str) -> None:
    owners = _owners()
    if by.pk not in owners:
        raise Declined(_("Only owners can change roles."))
    if owners == {person.pk} and role != Role.OWNER:
        raise Declined(_("A workspace needs an owner. Make someone else an owner first."))
    person.role = Role(role)
    person.save(update_fields=["role"])
    if not person.is_admin:
        _revoke_invitations(person)
    person_changed.send(sender=User, person=person)
    transaction.on_commit(lambda: role_changed.send(sender=User, person=person))


@transaction.atomic
def set_active(by: User, person: User, active: bool) -> None:
    """Signs the person out everywhere, or lets them sign in again. What they wrote stays."""
    owners = _owners()
    if by.pk == person.pk:
        raise Declined(_("You can't deactivate yourself. Ask another owner or admin."))
    if owners == {person.pk} and not active:
        raise Declined(_("A workspace needs an owner. Make someone else an owner first."))
    person.is_active = active
    person.session_epoch = make_epoch()
    person.save(update_fields=["is_active", "session_epoch"])
    if not active:
        _revoke_invitations(person)
    person_changed.send(sender=User, person=person)


def announce_ended_sessions(person: User, *, before: str = "", after: str = "") -> None:
    """After a change that made the person's sessions void, such as a new password."""
    transaction.on_commit(lambda: sessions_ended.send(sender=User, person=person, before=before, after=after))


def end_sessions(person: User) -> None:
    """Signs the person out everywhere. The caller may renew the session that it came with."""
    person.session_epoch = make_epoch()
    person.save(update_fields=["session_epoch"])


def reset_key(person: User) -> str:
    """What follows the # in a link that lets its holder choose this person's password, once."""
    return with_prefix("reset", f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}")


def _owners() -> set[int]:
    """Locked until the change is done, so that two owners cannot demote each other at once."""
    owners = User.objects.select_for_update().filter(role=Role.OWNER, is_active=True).order_by("pk")
    return set(owners.values_list("pk", flat=True))


def _revoke_invitations(person: User) -> None:
    Invitation.objects.open().filter(created_by=person).update(revoked_at=timezone.now())
