"""What nginx answered, by its log for the collector."""

from pathlib import Path

import pytest

from monitor.metrics.sources import requests
from monitor.metrics.sources.requests import RequestLogReader


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "requests.log"
    path.touch()
    return path


def write(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def read(source: RequestLogReader, at: float) -> dict[str, float]:
    return {each.name: each.value for each in source.read(at)}


def test_what_was_answered_is_counted_by_class_and_kind(log: Path) -> None:
    source = RequestLogReader(str(log))
    write(log, "200 9.000 9.000 page")
    assert read(source, 10.0) == {}  # what was before
    write(log, "200 0.010 0.008 page", "404 0.030 0.001, 0.028 page", "499 0.500 - page", "502 0.020 - page")
    write(log, "304 0.000 - static", "101 60.000 60.000 ws", "nonsense")
    found = read(source, 12.0)
    assert [found[f"status.{name}"] for name in ("2xx", "3xx", "4xx", "5xx", "499")] == [0.5, 0.5, 1.0, 0.5, 0.5]
    assert [found[f"kind.{name}"] for name in ("page", "static", "ws")] == [2.0, 0.5, 0.5]
    assert (found["time.p50"], found["upstream.p99"]) == (0.02, 0.008)
    assert read(source, 13.0)["kind.page"] == 0.0
    assert "time.p50" not in read(source, 14.0)  # nothing took any time


def test_a_line_that_is_not_whole_waits_for_its_end(log: Path) -> None:
    source = RequestLogReader(str(log))
    list(source.read(10.0))
    with log.open("a") as file:
        file.write("200 0.010 0.0")
    assert read(source, 11.0)["kind.page"] == 0.0
    write(log, "08 page")
    assert read(source, 12.0)["kind.page"] == 1.0


def test_what_was_read_is_cut_off(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_LOG_SIZE", 40)
    source = RequestLogReader(str(log))
    list(source.read(10.0))
    write(log, *["200 0.010 0.008 page"] * 3)
    assert read(source, 11.0)["kind.page"] == 3.0
    assert log.stat().st_size == 0
    write(log, "200 0.010 0.008 page")
    assert read(source, 12.0)["kind.page"] == 1.0


def test_nginx_is_told_that_somebody_reads(log: Path) -> None:
    list(RequestLogReader(str(log)).read(10.0))
    assert log.with_name("requests.log.on").exists()


def test_without_the_log_nothing_is_counted(tmp_path: Path) -> None:
    source = RequestLogReader(str(tmp_path / "requests.log"))
    list(source.read(10.0))
    assert read(source, 11.0)["kind.page"] == 0.0
    write(tmp_path / "requests.log", "200 0.010 0.008 page")
    assert read(source, 12.0)["kind.page"] == 1.0
