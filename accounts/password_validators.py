"""What users read of the length of a password. The length itself is MIN_PASSWORD_LENGTH of the settings."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

PASSWORD_RULE = _("At least 8 characters, and not a common password.")


class LengthValidator(MinimumLengthValidator):
    """Has its own message: Django 5.2 changed the text, and some translations are missing."""

    def get_error_message(self) -> str:
        return ngettext("Use at least %d character.", "Use at least %d characters.", self.min_length) % self.min_length
