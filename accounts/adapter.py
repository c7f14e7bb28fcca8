from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import access, login_limits, too_many_attempts
from accounts.language import remember_language
from accounts.models import User
from accounts.services import BOT_EMAIL_DOMAIN

# The next page shows this already.
SELF_EVIDENT = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's settings that are decided per request."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("Wrong email address or password. Check both and try again."),
        "email_taken": _("This email address can't be used to sign up. If you already have an account, sign in."),
        "enter_current_password": _("The current password is wrong."),
        "account_inactive": _("This account is deactivated. Ask an admin."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.OPEN_SIGNUP or access.get_held_invitation(request) is not None

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        user.name = form.cleaned_data["name"]
        super().save_user(request, user, form, commit)
        return user

    def clean_email(self, email: str) -> str:
        """The addresses of bots are reserved, also of future ones."""
        if email.lower().endswith(f"@{BOT_EMAIL_DOMAIN}"):
            raise self.validation_error("email_taken")
        return str(super().clean_email(email))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        email = str(credentials.get("email", ""))
        self._login_failed_rl_usage = login_limits.take_attempt(request, email)  # rolled back by allauth on success
        if not self._login_failed_rl_usage:
            wait = login_limits.get_login_wait(request, email)
            raise ValidationError(too_many_attempts.format_rate_limit_text(wait), code="too_many_login_attempts")

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        login_limits.clear_limits(request, str(credentials.get("email", "")))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        login_limits.remember_browser(request, response, user)
        remember_language(user, request.LANGUAGE_CODE)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Makes the forms of open pages stale, as signing in does."""
        super().logout(request)
        rotate_token(request)

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        return reverse("profile")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if message_template not in SELF_EVIDENT:
            super().add_message(request, level, message_template, *args, **kwargs)
