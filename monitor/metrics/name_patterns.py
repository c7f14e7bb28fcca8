"""Names and patterns of names: ``disk.full *``. A name fits itself, whatever signs it holds."""

from fnmatch import fnmatchcase

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_LENGTH = 2_100  # characters: a whole name with its source
MAX_STARS = 10
MAX_PATTERNS = 100  # in a list; fnmatch keeps no more than 256 compiled


def is_bounded_pattern(pattern: str) -> bool:
    """Whether it costs little to compare it with each of many thousand names."""
    return len(pattern) <= MAX_LENGTH and pattern.count("*") <= MAX_STARS


def split_patterns(patterns: str) -> list[str]:
    """Several with spaces or commas between them: ``redis, database``."""
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
