"""Makes secrets.

``python -m deploy.keys PATH...`` writes one to each file that does not exist yet; a second run changes nothing.
"""

import secrets
import sys
from pathlib import Path


def generate_secret() -> str:
    """Letters, digits, ``-`` and ``_``: safe in every file format."""
    return secrets.token_urlsafe(48)


def generate_password() -> str:
    """Contains characters that break connection URLs, so that tests find code that builds one."""
    return f"{secrets.token_urlsafe(12)}#$%@/{secrets.token_urlsafe(12)}"


def write_secret_file(path: Path, value: str, mode: int) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(value, encoding="utf-8")
    fresh.chmod(mode)
    fresh.rename(path)  # atomically


def main() -> None:
    for name in sys.argv[1:]:
        # Readable by all: each container has its own user, and each file has its own volume.
        write_secret_file(Path(name), generate_password() if "password" in name else generate_secret(), mode=0o444)


if __name__ == "__main__":
    main()
