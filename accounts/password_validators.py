from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LengthValidator(MinimumLengthValidator):
    """Has its own message: Django 5.2 changed the text, and some translations are missing."""

    def get_error_message(self) -> str:
        return ngettext("Use at least %d character.", "Use at least %d characters.", self.min_length) % self.min_length
