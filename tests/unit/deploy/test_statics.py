"""Static files of the releases before stay for a while."""

import os
from pathlib import Path

from deploy import statics
from deploy.statics import DAY, KEPT_DAYS, publish_files


def release(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / f"{name}.css").write_text(text)
    return path


def aged(served: Path, name: str, days: int) -> None:
    path = served / f"{name}.css"
    then = path.stat().st_mtime_ns - days * DAY
    os.utime(path, ns=(then, then))


def test_what_open_pages_ask_for_stays(tmp_path: Path) -> None:
    served = tmp_path / "served"
    assert publish_files(release(tmp_path / "one", a="1", b="1"), served) == 2
    assert publish_files(release(tmp_path / "two", b="2", c="2"), served) == 2
    assert {path.name: path.read_text() for path in served.iterdir()} == {"a.css": "1", "b.css": "2", "c.css": "2"}


def test_what_no_release_had_for_long_goes(tmp_path: Path) -> None:
    served = tmp_path / "served"
    publish_files(release(tmp_path / "one", a="1"), served)
    publish_files(release(tmp_path / "two", b="2"), served)
    aged(served, "a", KEPT_DAYS + 1)
    publish_files(release(tmp_path / "three", b="3"), served)
    assert not (served / "a.css").exists()


def test_what_served_until_now_stays_however_old_it_is(tmp_path: Path) -> None:
    served = tmp_path / "served"
    publish_files(release(tmp_path / "one", a="1", b="1"), served)
    for name in ("a", "b"):
        aged(served, name, 10 * KEPT_DAYS)
    same = (served / "a.css").stat().st_mtime_ns
    os.utime(served / "b.css", ns=(same, same))
    publish_files(release(tmp_path / "two", b="1"), served)
    assert (served / "a.css").exists()


def test_a_file_is_never_away(tmp_path: Path) -> None:
    served = tmp_path / "served"
    one = release(tmp_path / "one", a="1")
    publish_files(one, served)
    before = (served / "a.css").stat().st_ino
    assert publish_files(one, served) == 0
    assert (served / "a.css").stat().st_ino == before
    assert [path.name for path in statics.list_files(served)] == ["a.css"]
