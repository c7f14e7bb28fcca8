"""``python -m deploy.statics RELEASE SERVED`` adds a release's static files to those of earlier releases.

Open pages still request the files of their release. A file's time is when a release last had it; files that no release
had for ``KEPT_DAYS`` days are deleted.
"""

import os
import shutil
import sys
import time
from pathlib import Path

KEPT_DAYS = 14  # days
DAY = 86400 * 10**9  # ns


def publish_files(release: Path, served: Path) -> int:
    """Writes each file atomically; none is missing for a moment. Returns the number of new files."""
    served.mkdir(parents=True, exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in list_files(served)}
    now, newest = time.time_ns(), max(before.values(), default=0)
    wanted = {served / path.relative_to(release): path for path in list_files(release)}
    fresh = [
        target for target, source in wanted.items() if target not in before or have_different_content(source, target)
    ]
    for target in fresh:
        copy_atomically(wanted[target], target)
    for target in wanted:
        os.utime(target, ns=(now, now))
    for path in before.keys() - wanted.keys():
        if before[path] == newest:  # the release that is replaced had it
            os.utime(path, ns=(now - 1, now - 1))
        elif before[path] < now - KEPT_DAYS * DAY:
            path.unlink()
    return len(fresh)


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def have_different_content(one: Path, other: Path) -> bool:
    return one.stat().st_size != other.stat().st_size or one.read_bytes() != other.read_bytes()


def copy_atomically(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    coming = target.with_name(f".{target.name}.coming")
    shutil.copyfile(source, coming)
    coming.chmod(0o644)
    coming.replace(target)


if __name__ == "__main__":
    print(f"{publish_files(Path(sys.argv[1]), Path(sys.argv[2]))} new static files")
