"""Whole pages of the usual exporters: nothing is refused for its form, whatever is chosen of it."""

import time

import pytest

from monitor.metrics.ingest.formats import parse_text_format
from tests.support import exporters

SECONDS = 0.5  # for a page of 256 KB


@pytest.mark.parametrize(("page", "samples"), [(exporters.node_exporter(), 3_000), (exporters.kubernetes(), 2_400)])
def test_the_page_of_a_busy_exporter_is_read_whole(page: str, samples: int) -> None:
    began = time.process_time()
    parsed = parse_text_format(page)
    assert time.process_time() - began < SECONDS * max(1, len(page) / 256_000)
    lines = sum(1 for line in page.splitlines() if not line.startswith("#"))
    assert len(parsed.samples) + parsed.refusals.count == lines
    assert len(parsed.samples) >= samples
    assert [reason for reason in parsed.refusals.examples if "'NaN'" not in reason] == []
    assert len({sample.name for sample in parsed.samples}) == len(parsed.samples)


def test_with_a_filter_only_its_names_are_taken_and_only_they_are_refused() -> None:
    parsed = parse_text_format(exporters.node_exporter(), lambda name: name in {"node_dmi_info", "node_entropy_total"})
    assert [sample.name.partition("{")[0] for sample in parsed.samples] == ["node_dmi_info", "node_entropy_total"]
    assert not any(sample.counter for sample in parsed.samples)
    assert parsed.refusals.count == 0
    assert parsed.unwanted > 3_000
    parsed = parse_text_format(exporters.kubernetes(), lambda name: name == "kube_pod_created")
    assert (len(parsed.samples), parsed.refusals.count) == (600, 0)
