"""A task that fails each second is told by its name, once."""

import pytest

from realtime import background
from realtime.background import guard_task


class Stream:
    def __init__(self) -> None:
        self.trouble: Exception | None = OSError("away")

    async def reread(self) -> None:
        if self.trouble:
            raise self.trouble


async def test_a_task_that_fails_each_second_is_told_at_its_begin_and_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    background.failures.failing.clear()
    stream = Stream()
    for _second in range(30):
        await guard_task(stream.reread())
    stream.trouble = None
    await guard_task(stream.reread())
    await guard_task(stream.reread())
    begin, end = caplog.messages
    assert begin == "Stream.reread failed: away"
    assert end.startswith("Stream.reread works again after ")
    assert end.endswith(" it had failed 30 times.")
