"""Custom dashboards, their versions, and links for wall screens."""

from django.core.signing import BadSignature, Signer
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from myweb.masking import add_token_prefix, strip_token_prefix


class Dashboard(models.Model):
    """Members of its room can see and edit it; without a room, admins can. ``spec`` is a Spec (spec.py)."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=60)
    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.SET_NULL, null=True, blank=True, related_name="dashboards"
    )
    spec = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="dashboards")

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title


class DashboardVersion(models.Model):
    dashboard = models.ForeignKey(Dashboard, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dashboard", "number"], name="one_dashboard_version_per_number")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.dashboard} {self.number}"


class Wall(models.Model):
    """A link that shows some dashboards without signing in, while its creator can see them.

    It is signed with the secret key, like an invitation. The database stores no token.
    """

    name = models.CharField(_("name"), max_length=60)
    keys = models.JSONField()  # of its dashboards, in display order
    every = models.PositiveIntegerField(_("seconds for each dashboard"), default=30)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="walls")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def _subject(self) -> str:
        """Includes the time, as in invitations, because a new database counts from 1 again."""
        return f"{self.pk}-{int(self.created_at.timestamp())}"

    @property
    def token(self) -> str:
        """The part of the link after the #."""
        return add_token_prefix("wall", Signer(salt="monitor.wall").sign(self._subject))

    @property
    def cookie(self) -> str:
        """The cookie value of a browser that presented the token."""
        return Signer(salt="monitor.wall.pass").sign(self._subject)

    def opens_with(self, token: str) -> bool:
        return self._signed("monitor.wall", strip_token_prefix("wall", token.strip()))

    def accepts(self, cookie: str) -> bool:
        return self._signed("monitor.wall.pass", cookie)

    def _signed(self, salt: str, value: str) -> bool:
        try:
            return Signer(salt=salt).unsign(value.strip()) == self._subject
        except BadSignature:
            return False
