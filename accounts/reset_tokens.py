"""Decides which links for a new password are valid: once, and for PASSWORD_RESET_TIMEOUT of the settings."""

from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator


class ResetTokenGenerator(EmailAwarePasswordResetTokenGenerator):  # type: ignore[misc]
    """Besides the password, the email address and the last sign-in, a link is bound to the role and to the sessions.

    An admin who made a link for a member could otherwise keep it until the member is an owner.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.role}{user.session_epoch}{user.is_active}"
