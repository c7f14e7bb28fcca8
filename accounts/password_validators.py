from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LengthValidator(MinimumLengthValidator):
    """Says it in our own words: Django 5.2 changed its sentence, and not all of its translations followed."""

    def get_error_message(self) -> str:
        return ngettext("Use at least %d character.", "Use at least %d characters.", self.min_length) % self.min_length
