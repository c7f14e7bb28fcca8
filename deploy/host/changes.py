"""Changes this machine and prints each change before; with ``dry`` it only prints."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class HostError(Exception):
    """A sentence for the user at the terminal that says what to do."""


@dataclass
class Machine:
    dry: bool = False
    changed: set[Path] = field(default_factory=set)  # files whose content was changed
    begun: float = field(default_factory=time.monotonic)

    def step(self, what: str) -> None:
        print(f"{time.monotonic() - self.begun:4.0f} s  {what}", flush=True)

    def note(self, what: str) -> None:
        if self.dry:
            print(f"    {what}")

    def run(self, *argv: str, user: str = "", cwd: Path | None = None, **environment: str) -> str:
        """Returns the output; raises :class:`HostError` with the error output."""
        words = ["runuser", "-u", user, "--", *argv] if user else [*argv]
        self.note(f"run {' '.join(words)}")
        if self.dry:
            return ""
        done = subprocess.run(
            words, cwd=cwd or "/", env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-12:]
            raise HostError("\n".join([f"{' '.join(words)} failed:", *said]))
        return done.stdout

    def asks(self, *argv: str) -> bool:
        """Runs a command that changes nothing."""
        try:
            return subprocess.run(argv, capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    def write(self, path: Path, text: str, mode: int = 0o644, group: str = "root") -> bool:
        """Writes a file atomically. True if its content changed."""
        if path.is_file() and read_if_exists(path) == text:
            return False
        self.note(f"write {path} ({mode:04o} root:{group})")
        self.changed.add(path)
        if not self.dry:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.new")
            fresh.touch(mode=0o600)
            fresh.write_text(text, encoding="utf-8")
            shutil.chown(fresh, "root", group)
            fresh.chmod(mode)
            fresh.replace(path)
        return True

    def keep(self, path: Path, text: str, mode: int = 0o600, group: str = "root") -> None:
        """Writes the file only if it does not exist yet."""
        if not path.exists():
            self.write(path, text, mode, group)

    def link(self, path: Path, target: Path) -> None:
        """Replaces the link atomically."""
        self.note(f"link {path} to {target}")
        if not self.dry:
            fresh = path.with_name(f".{path.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(target)
            fresh.replace(path)

    def folder(self, path: Path, mode: int = 0o755, owner: str = "root") -> None:
        if path.is_dir():
            return
        self.note(f"make {path} ({mode:04o} {owner})")
        if not self.dry:
            path.mkdir(parents=True)
            path.chmod(mode)
            shutil.chown(path, owner, owner)

    def remove(self, path: Path) -> None:
        if path.is_symlink() or path.exists():
            self.note(f"remove {path}")
            if not self.dry:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def read_if_exists(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except PermissionError:
        return None  # a dry run by a user who is not root


def read_settings(path: Path) -> Mapping[str, str]:
    """NAME=value lines; quotes are dropped."""
    text = read_if_exists(path) if path.exists() else ""
    lines = [line for line in (text or "").splitlines() if "=" in line and not line.startswith("#")]
    pairs = (line.split("=", 1) for line in lines)
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}
