"""``bin/upgrade`` in the middle of a conversation: another release, one that does not start, and the way back."""

import asyncio
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.compose.project import compose, containers, find_database, mended, name, run, up
from tests.faults.conversation import conversation
from tests.faults.visitors import tally, visitors

STORES = "postgres", "redis", "nginx"
SITE = "web", "live", "collector", "worker"


def build_release(line: str) -> None:
    """An image of the previous release, which differs in one line of its Dockerfile."""
    dockerfile = f"FROM {name()}-web\nUSER root\nRUN {line}\nUSER myweb\n"
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", f"{name()}-web:previous", "-"],
        input=dockerfile,
        text=True,
        check=True,
        capture_output=True,
    )


def upgrade(*arguments: str, **environment: str) -> str:
    project = {"COMPOSE_PROJECT_NAME": name(), "COMPOSE_ENV_FILES": os.devnull}
    return run("bin/upgrade", *arguments, **project, **environment)


@pytest.fixture(autouse=True)
def our_image() -> Iterator[None]:
    """The next test finds the image that was built from this checkout, and containers of it."""
    run("docker", "tag", f"{name()}-web", f"{name()}-web:built")
    yield
    run("docker", "tag", f"{name()}-web:built", f"{name()}-web:latest")
    up()


async def test_an_upgrade_in_the_middle_of_a_conversation_is_seen_by_nobody() -> None:
    before = {service: containers(service) for service in (*STORES, *SITE)}
    await asyncio.to_thread(build_release, "touch /app/another-release")
    async with conversation(mend=mended) as talk:
        async with visitors(talk) as those:
            print(await asyncio.to_thread(upgrade, "--back"))
            await asyncio.to_thread(find_database)
            await talk.goes_on()
            await those.later()
        await talk.ends()
        closes = [code for each in talk.talkers for code in each.socket.closes]
    errors = compose("logs", "--no-color", "--since", "3m", "nginx").count('"status":5')
    print(f"{those.tally()}, {errors} answers of nginx 5xx; {tally(talk, closes)}")
    assert {*closes} == {4001}, closes
    assert not those.troubles
    assert {service: containers(service) for service in STORES} == {service: before[service] for service in STORES}
    for service in SITE:
        assert not {*containers(service)} & {*before[service]}
        assert len(containers(service)) == len(before[service])
        compose("exec", "-T", service, "test", "-e", "/app/another-release")
    now = containers()
    up()
    assert containers() == now, "up changes nothing after an upgrade"
    assert not errors


async def test_a_release_that_does_not_start_is_taken_away_again() -> None:
    await asyncio.to_thread(build_release, "echo exit 3 >/app/deploy/docker/entrypoint")
    before = containers()
    async with conversation(mend=mended) as talk:
        async with visitors(talk) as those:
            with pytest.raises(AssertionError, match="the new container of web did not become healthy"):
                await asyncio.to_thread(upgrade, "--back")
            await talk.goes_on()
            await those.later()
        await talk.ends()
        assert [code for each in talk.talkers for code in each.socket.closes] == []
    assert not those.troubles
    assert containers() == before


def test_what_is_up_to_date_is_left_alone() -> None:
    before = containers()
    up("--build")
    assert containers() == before
    assert "the pages run this code already" in upgrade()
    assert containers() == before
