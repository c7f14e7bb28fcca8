"""Names and patterns of names, such as ``disk.full *``. A name always matches itself."""

from fnmatch import fnmatchcase

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_LENGTH = 2_100  # characters: a full name with its source
MAX_STARS = 10
MAX_PATTERNS = 100  # in a list; fnmatch caches at most 256 compiled patterns


def is_bounded_pattern(pattern: str) -> bool:
    """Whether it is cheap to match the pattern with many thousand names."""
    return len(pattern) <= MAX_LENGTH and pattern.count("*") <= MAX_STARS


def split_patterns(patterns: str) -> list[str]:
    """Split a list separated by spaces or commas, such as ``redis, database``."""
    return patterns.replace(",", " ").split()


def matches_pattern(name: str, pattern: str) -> bool:
    return name == pattern or (is_bounded_pattern(pattern) and fnmatchcase(name, pattern))


def matches_any_pattern(key: str, patterns: str) -> bool:
    return any(matches_pattern(key, pattern) for pattern in split_patterns(patterns)[:MAX_PATTERNS])


def validate_pattern(pattern: str) -> None:
    if not is_bounded_pattern(pattern):
        limits = {"length": MAX_LENGTH, "stars": MAX_STARS}
        raise ValidationError(_("A pattern can have at most %(length)d characters and %(stars)d asterisks.") % limits)


def validate_patterns(patterns: str) -> None:
    listed = split_patterns(patterns)
    if len(listed) > MAX_PATTERNS:
        raise ValidationError(_("At most %(limit)d patterns.") % {"limit": MAX_PATTERNS})
    for pattern in listed:
        validate_pattern(pattern)
