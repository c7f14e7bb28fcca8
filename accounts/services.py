"""Changes to users. Callers get the objects from ``access``."""

from hashlib import sha256

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import has_no_users
from accounts.invitations import revoke_invitations_of_user
from accounts.models import Role, User, UserPicture, Workspace, WorkspaceLogo, make_epoch
from accounts.signals import role_changed, sessions_ended, user_changed
from myweb.masking import add_token_prefix

BOT_EMAIL_DOMAIN = "bots.invalid"  # the domain of bots' addresses; reserved by RFC 2606


class Declined(Exception):
    """A change that is not allowed; the text is a sentence for the user."""


class WorkspaceExists(Exception):
    """Another visitor has created the workspace."""


@transaction.atomic
def create_workspace(*, workspace_name: str, name: str, email: str, password: str) -> User:
    """Creates the workspace and its owner. The lock of the workspace's row lets one of two first visitors pass."""
    workspace, created = Workspace.objects.select_for_update().get_or_create(pk=1, defaults={"name": workspace_name})
    if not has_no_users():
        raise WorkspaceExists
    if not created:
        workspace.name = workspace_name
        workspace.save()
    return User.objects.create_user(email, password, name=name, role=Role.OWNER)


@transaction.atomic
def change_workspace(workspace: Workspace, *, name: str, language: str, mail_may_show_text: bool | None = None) -> None:
    """None: it stays as it is."""
    workspace.name, workspace.language = name, language
    if mail_may_show_text is not None:
        workspace.mail_may_show_text = mail_may_show_text
    workspace.save(update_fields=["name", "language", "mail_may_show_text"])
    transaction.on_commit(Workspace.forget)


@transaction.atomic
def set_logo(image: bytes, content_type: str) -> None:
    """``image`` was written by the site itself."""
    workspace = Workspace.objects.select_for_update().get()
    WorkspaceLogo.objects.update_or_create(workspace=workspace, defaults={"image": image, "content_type": content_type})
    workspace.logo = make_digest(image)
    workspace.save(update_fields=["logo"])
    transaction.on_commit(Workspace.forget)


@transaction.atomic
def remove_logo() -> None:
    workspace = Workspace.objects.select_for_update().get()
    WorkspaceLogo.objects.filter(workspace=workspace).delete()
    workspace.logo = ""
    workspace.save(update_fields=["logo"])
    transaction.on_commit(Workspace.forget)


def make_digest(image: bytes) -> str:
    return sha256(image).hexdigest()[:32]


@transaction.atomic
def answer_first_step(name: str) -> None:
    """Admins are not asked again."""
    workspace = Workspace.objects.select_for_update().get()
    if name not in workspace.first_steps:
        workspace.first_steps = [*workspace.first_steps, name]
        workspace.save(update_fields=["first_steps"])
    transaction.on_commit(Workspace.forget)


def get_or_create_bot(name: str) -> User:
    """The bot of that name, created with its first message. It has no password and is no member."""
    address = f"{name.lower()}@{BOT_EMAIL_DOMAIN}"
    known = User.objects.filter(email=address, role=Role.BOT).first()
    return known or User.objects.create_user(address, name=name, role=Role.BOT)


@transaction.atomic
def change_profile(user: User, *, name: str, handle: str, colour: int) -> None:
    user.name, user.handle, user.colour = name, handle, colour
    user.save(update_fields=["name", "handle", "colour"])
    user_changed.send(sender=User, user=user)


@transaction.atomic
def set_picture(user_id: int, large: bytes, small: bytes) -> None:
    """Both were written by the site itself."""
    UserPicture.objects.update_or_create(user_id=user_id, defaults={"large": large, "small": small})
    record_picture(user_id, make_digest(large))


@transaction.atomic
def remove_picture(user_id: int) -> None:
    UserPicture.objects.filter(user=user_id).delete()
    record_picture(user_id, "")


def record_picture(user_id: int, digest: str) -> None:
    user = User.objects.select_for_update().get(pk=user_id)
    user.picture = digest
    user.save(update_fields=["picture"])
    user_changed.send(sender=User, user=user)


@transaction.atomic
def change_email(user: User, email: str) -> None:
    """Signing in goes by the new address alone, and reset links sent to the old one end."""
    user.email = email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()


@transaction.atomic
def set_role(by: User, user: User, role: str) -> None:
    owners = _owners()
    if by.pk not in owners:
        raise Declined(_("Only owners can change roles."))
    if owners == {user.pk} and role != Role.OWNER:
        raise Declined(_("A workspace needs an owner. Make someone else an owner first."))
    user.role = Role(role)
    user.save(update_fields=["role"])
    if not user.is_admin:
        revoke_invitations_of_user(user)
    user_changed.send(sender=User, user=user)
    transaction.on_commit(lambda: role_changed.send(sender=User, user=user))


@transaction.atomic
def set_active(by: User, user: User, active: bool) -> None:
    """Signs the user out everywhere, or lets them sign in again. What they wrote stays."""
    owners = _owners()
    if by.pk == user.pk:
        raise Declined(_("You can't deactivate yourself. Ask another owner or admin."))
    if owners == {user.pk} and not active:
        raise Declined(_("A workspace needs an owner. Make someone else an owner first."))
    user.is_active = active
    user.session_epoch = make_epoch()
    user.save(update_fields=["is_active", "session_epoch"])
    if not active:
        revoke_invitations_of_user(user)
    user_changed.send(sender=User, user=user)


def announce_ended_sessions(user: User, *, before: str = "", after: str = "") -> None:
    """After a change that made the user's sessions void, such as a new password."""
    transaction.on_commit(lambda: sessions_ended.send(sender=User, user=user, before=before, after=after))


def end_sessions(user: User) -> None:
    """Signs the user out everywhere. The caller may renew the session that it came with."""
    user.session_epoch = make_epoch()
    user.save(update_fields=["session_epoch"])


def make_reset_key(user: User) -> str:
    """What follows the # in a link that lets its holder choose this user's password, once."""
    return add_token_prefix("reset", f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}")


def _owners() -> set[int]:
    """Locked until the change is done, so that two owners cannot demote each other at once."""
    owners = User.objects.select_for_update().filter(role=Role.OWNER, is_active=True).order_by("pk")
    return set(owners.values_list("pk", flat=True))
