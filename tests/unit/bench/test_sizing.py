"""The table of sizes in docs/deploy.md is what bench/results says, and its sums are right."""

import pytest

from bench import report, sizing
from bench.sizing import Measured, Step
from deploy.stack.state import ROOT

MEASURED = Measured(sockets=10_000, base_mb=100, bytes_per_socket=20_000, resume_s=16, posts=10_000, pages=800)


def test_the_page_is_what_the_results_say() -> None:
    page = sizing.PAGE.read_text(encoding="utf-8")
    assert sizing.sizes(report.read(ROOT / "bench" / "results"), page) == page, "bin/bench report makes it new"


def test_a_process_takes_half_of_what_it_could_and_one_may_be_missing() -> None:
    assert [Step(sockets, MEASURED).live for sockets in (50, 10_000, 10_001, 1_000_000)] == [2, 2, 3, 200]
    assert Step(10_000, MEASURED).live_mb == pytest.approx(100 + 10_000 * 0.02), "the other's as well"


def test_messages_go_to_each_process_where_somebody_listens() -> None:
    small, large = Step(6_000, MEASURED), Step(1_000_000, MEASURED)
    assert small.messages == pytest.approx(20)
    assert small.copies == pytest.approx(40), "two processes"
    assert large.copies == pytest.approx(large.messages * sizing.LISTENERS), "200, but fifty listeners"


def test_everybody_is_back_as_soon_as_the_fullest_process_is() -> None:
    assert Step(1_000_000, MEASURED).back == pytest.approx(8), "half of the sockets in half of the time"


def test_a_page_that_lost_its_place_for_the_table_is_not_written_over() -> None:
    with pytest.raises(ValueError, match="has lost the lines"):
        sizing.sizes(report.read(ROOT / "bench" / "results"), "# Deploying\n")
