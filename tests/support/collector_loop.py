"""The event loop in which the collector asks checks, for tests of what runs there."""

import asyncio

import pytest

from monitor.checks.collector_job import CheckLoop


class CollectorLoopPolicy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return CheckLoop()


@pytest.fixture(scope="module")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    return CollectorLoopPolicy()
