"""Names and patterns of names: ``disk.full *``. A name fits itself, whatever signs it holds."""

from fnmatch import fnmatchcase


def fits(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def fits_any(key: str, patterns: str) -> bool:
    """Several patterns with spaces or commas between them: ``redis, database``."""
    return any(fits(key, each) for each in patterns.replace(",", " ").split())
