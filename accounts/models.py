import time
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts import names
from myweb.masking import add_token_prefix, strip_token_prefix
from myweb.numbers import parse_number


def make_epoch() -> str:
    return get_random_string(8)


class Workspace(models.Model):
    """The one organisation that an installation serves.

    ``epoch`` changes whenever numbers handed out earlier may have been lost (a restored backup); a client that holds
    another epoch starts from a snapshot.
    """

    KEPT = 5.0  # seconds that a process may show a name changed by another
    _kept: ClassVar[tuple[float, "Workspace"] | None] = None

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=60)
    language = models.CharField(
        _("default language"), max_length=10, blank=True, choices=[("", _("That of the browser")), *settings.LANGUAGES]
    )
    mail_may_show_text = models.BooleanField(default=True)  # whether mails of notifications may have words of rooms
    logo = models.CharField(max_length=64, blank=True, editable=False)  # the digest of WorkspaceLogo; empty: none
    epoch = models.CharField(max_length=8, default=make_epoch, editable=False)
    first_steps = models.JSONField(default=list, editable=False)  # names of those that were answered or dismissed
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_workspace")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.forget()

    @property
    def logo_url(self) -> str:
        return reverse("workspace_logo", args=[self.logo]) if self.logo else static("myweb/mark.svg")

    @classmethod
    def forget(cls) -> None:
        cls._kept = None

    @classmethod
    def current(cls) -> "Workspace":
        """The workspace, or an unsaved one called myweb before the first visit. Cached, since every page reads it."""
        if cls._kept and cls._kept[0] > time.monotonic():
            return cls._kept[1]
        workspace = cls.objects.first()
        if workspace is None:
            return cls(name="myweb")
        cls._kept = (time.monotonic() + cls.KEPT, workspace)
        return workspace

    @classmethod
    def current_epoch(cls) -> str:
        """As the database has it now; empty before the first visit."""
        cls.forget()
        workspace = cls.current()
        return workspace.epoch if cls._kept else ""

    @classmethod
    def get_known_language(cls) -> str:
        """The default language that this process read last, without a query."""
        return cls._kept[1].language if cls._kept else ""


class WorkspaceLogo(models.Model):
    """The picture of the workspace, in the database: it is small, and every process and backup has it."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True, related_name="+")
    image = models.BinaryField()
    content_type = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"Logo of {self.workspace}"


class UserPicture(models.Model):
    """The picture of a user, in the database like the logo. Both are squares that the worker has made, as WebP."""

    user = models.OneToOneField("User", on_delete=models.CASCADE, primary_key=True, related_name="+")
    large = models.BinaryField()
    small = models.BinaryField()

    def __str__(self) -> str:
        return f"Picture of {self.user}"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An owner. A workspace without a first visit is called myweb until they rename it."""
        with transaction.atomic():
            Workspace.objects.get_or_create(pk=1, defaults={"name": "myweb"})
            return self.create_user(email, password, role=Role.OWNER, **fields)


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")
    BOT = "bot", _("Bot")  # posts in rooms and can't sign in


class User(AbstractBaseUser):
    """A user. ``handle`` is what follows the @ in a mention; it is made from the name and unique in the workspace."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    handle = models.CharField(
        _("handle"), max_length=names.HANDLE_LENGTH, unique=True, validators=[names.validate_handle]
    )
    colour = models.PositiveSmallIntegerField(_("colour"), default=0)
    # The digest of UserPicture; empty: none.
    picture = models.CharField(max_length=32, blank=True, editable=False, default="", db_default="")
    role = models.CharField(_("role"), max_length=6, choices=Role.choices, default=Role.MEMBER)
    language = models.CharField(max_length=10, blank=True, editable=False)  # last used on a page; of mails
    is_active = models.BooleanField(_("active"), default=True)
    session_epoch = models.CharField(max_length=8, default=make_epoch, editable=False)  # another one ends every session
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        if self.handle:
            super().save(*args, **kwargs)
        else:
            self._save_with_free_handle(*args, **kwargs)

    def _save_with_free_handle(self, *args: Any, **kwargs: Any) -> None:
        people = type(self)._default_manager
        while True:
            self.handle = names.find_free_handle(self.name, taken=people)
            self.colour = names.choose_colour(self.handle, names.COLOURS)
            try:
                with transaction.atomic():
                    return super().save(*args, **kwargs)
            except IntegrityError:
                if not people.filter(handle=self.handle).exists():  # so it was the email
                    raise

    @property
    def initials(self) -> str:
        return names.BOT_SIGN if self.is_bot else names.make_initials(self.name)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        value = self.password + self.session_epoch
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER

    @property
    def is_bot(self) -> bool:
        """It posts in rooms, but has no password, no memberships and no direct rooms."""
        return self.role == Role.BOT

    @property
    def is_admin(self) -> bool:
        return self.role in {Role.OWNER, Role.ADMIN}

    # For Django's admin, which only owners may use.
    @property
    def is_staff(self) -> bool:
        return self.is_owner

    @property
    def is_superuser(self) -> bool:
        return self.is_owner

    def has_perm(self, _perm: str, _obj: object = None) -> bool:
        return self.is_active and self.is_owner

    def has_module_perms(self, _app_label: str) -> bool:
        return self.is_active and self.is_owner


class Session(AbstractBaseSession):
    """Django's session with a column for its user, so that one query reads both."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        pass

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Plain columns only, so that the same filter guards the update that counts a use."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
            Q(max_uses=None) | Q(uses__lt=F("max_uses")),
            revoked_at=None,
        )


class Invitation(models.Model):
    """Lets visitors create an account. Its link is signed with the secret key: no stored value grants access."""

    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("uses"), default=0)
    max_uses = models.PositiveIntegerField(_("maximum uses"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Invitation {self.pk} by {self.created_by}"

    @property
    def token(self) -> str:
        return add_token_prefix("join", _signer().sign(self._subject))

    @property
    def _subject(self) -> str:
        """Contains the creation time: a recreated database counts from 1 again, and old links must stay invalid."""
        return f"{self.pk}-{int(self.created_at.timestamp())}"

    @classmethod
    def from_token(cls, token: str) -> "Invitation | None":
        """The open invitation behind a link, or None: forged, revoked, expired and used up look the same."""
        try:
            subject = _signer().unsign(strip_token_prefix("join", token.strip()))
        except BadSignature:
            return None
        number = parse_number(subject.partition("-")[0]) or 0
        invitation = cls.objects.open().filter(pk=number).select_related("created_by").first()
        return invitation if invitation and invitation._subject == subject else None


def _signer() -> Signer:
    return Signer(salt="accounts.invitation")
