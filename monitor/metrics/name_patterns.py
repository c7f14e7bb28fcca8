"""Names and patterns of names: ``disk.full *``. A name fits itself, whatever signs it holds."""

from fnmatch import fnmatchcase

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 2_100  # characters: a whole name with its source
MOST_STARS = 10
MOST_PATTERNS = 100  # in a list; fnmatch keeps no more than 256 compiled


def is_bounded(pattern: str) -> bool:
    """Whether it costs little to compare it with each of many thousand names."""
    return len(pattern) <= LONGEST and pattern.count("*") <= MOST_STARS


def split_patterns(patterns: str) -> list[str]:
    """Several with spaces or commas between them: ``redis, database``."""
    return patterns.replace(",", " ").split()


def fits(name: str, pattern: str) -> bool:
    return name == pattern or (is_bounded(pattern) and fnmatchcase(name, pattern))


def fits_any(key: str, patterns: str) -> bool:
    return any(fits(key, pattern) for pattern in split_patterns(patterns)[:MOST_PATTERNS])


def validate_pattern(pattern: str) -> None:
    if not is_bounded(pattern):
        limits = {"length": LONGEST, "stars": MOST_STARS}
        raise ValidationError(_("A pattern can have at most %(length)d characters and %(stars)d asterisks.") % limits)


def validate_patterns(patterns: str) -> None:
    listed = split_patterns(patterns)
    if len(listed) > MOST_PATTERNS:
        raise ValidationError(_("At most %(limit)d patterns.") % {"limit": MOST_PATTERNS})
    for pattern in listed:
        validate_pattern(pattern)
