"""The site of docker-compose.yml, under a name and at a port of its own that MYWEB_TEST_COMPOSE and MYWEB_PORT give."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from django.db import connections

from tests.faults.stack import ROOT

OURS = ("MYWEB_", "DATABASE_", "REDIS_", "EMAIL_", "COMPOSE_")
PORT = os.environ.get("MYWEB_PORT", "8080")


def name() -> str:
    return os.environ["MYWEB_TEST_COMPOSE"]


def settings() -> dict[str, str]:
    """What the site is told besides nothing. Neither .env nor the shell says more."""
    return {"MYWEB_PORT": PORT, "MYWEB_LOG_FORMAT": "json"}


def make_environment(**environment: str) -> dict[str, str]:
    told = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return told | settings() | environment


def run(*argv: str, **environment: str) -> str:
    done = subprocess.run(
        argv, cwd=ROOT, env=make_environment(**environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(argv)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def compose(*arguments: str, **environment: str) -> str:
    return run(
        "docker", "compose", "--ansi", "never", "-p", name(), "--env-file", os.devnull, *arguments, **environment
    )


def up(*arguments: str, **environment: str) -> None:
    compose("up", "-d", "--wait", "--quiet-pull", *arguments, **environment)
    find_database()


def containers(*services: str) -> list[str]:
    return compose("ps", "--all", "--quiet", *services).split()


def inside(service: str, *command: str) -> str:
    return compose("exec", "-T", service, *command)


def in_certificates(script: str, *volumes: str) -> None:
    """As root, in the volume that the acme service writes."""
    mounts = [f"--volume={each}" for each in (f"{name()}_certificates:/certificates", *volumes)]
    run("docker", "run", "--rm", "--user=0", "--entrypoint=sh", *mounts, f"{name()}-web", "-euc", script)


def states() -> dict[str, dict[str, Any]]:
    """What Docker says of each container, by its name."""
    told: list[dict[str, Any]] = json.loads(run("docker", "inspect", *containers()))
    return {each["Name"].removeprefix(f"/{name()}-"): each["State"] for each in told}


def address(service: str) -> str:
    (told,) = json.loads(run("docker", "inspect", *containers(service)))
    (network,) = told["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])


def find_database() -> None:
    """It is not published; this machine reaches its container, which has another address after each start."""
    connections.settings["default"]["HOST"] = address("postgres")


def shares() -> dict[str, int]:
    """How many sockets each live process holds, by its container.

    The kernel lists a connection where it was made from, which is nginx; nginx keeps none in reserve.
    """
    lines = inside("nginx", "cat", "/proc/net/unix").splitlines()
    connected = [line.split()[-1] for line in lines if line.split()[5] == "03"]
    lives = compose("ps", "--quiet", "live").split()
    return {each: connected.count(run("docker", "exec", each, "readlink", "/tmp/live.sock").strip()) for each in lives}


def scale(count: int) -> None:
    """So many live processes, all of which nginx knows."""
    compose("up", "-d", "--wait", "--no-recreate", "--scale", f"live={count}")
    known(count)


def known(count: int) -> None:
    """Waits until so many stand in nginx's configuration, and in the nginx that runs."""
    configuration, reloaded = "/tmp/nginx/conf.d/myweb.conf", "/tmp/nginx/scheme"
    servers = f"$(grep -o 'server unix:/run/myweb/live' {configuration} | wc -l)"
    true = f"[ {servers} = {count} ] && [ ! {configuration} -nt {reloaded} ]"
    inside("nginx", "timeout", "120", "sh", "-c", f"until {true}; do sleep 0.2; done")


@asynccontextmanager
async def scaled(count: int) -> AsyncIterator[None]:
    await asyncio.to_thread(scale, count)
    try:
        yield
    finally:
        await asyncio.to_thread(mend)


def mend() -> None:
    """As it was at the beginning."""
    up()


async def mended() -> None:
    await asyncio.to_thread(mend)


def environment() -> dict[str, str]:
    """For tests beside the site: they write people and sessions into its database."""
    origins = f"http://localhost:{PORT} http://127.0.0.1:{PORT}"
    return {
        "MYWEB_TEST_SITE": "compose",
        "MYWEB_TEST_URL": f"http://127.0.0.1:{PORT}",
        "MYWEB_ORIGINS": origins,
        "MYWEB_SECRET_KEY": inside("web", "cat", "/secrets/site/secret-key").strip(),
        "DATABASE_HOST": address("postgres"),
        "DATABASE_PASSWORD": inside("postgres", "cat", "/secrets/postgres/password").strip(),
    }


def main() -> None:
    try:
        match sys.argv[1:]:
            case ["up"]:
                run("docker", "info")
                compose("build")
                compose("up", "-d", "--wait", "--quiet-pull")
            case ["env"]:
                for key, value in environment().items():
                    print(f"{key}={value}")
            case ["down"]:
                compose("down", "--volumes", "--remove-orphans")
    except FileNotFoundError:
        sys.exit("docker is not on this machine; bin/test compose needs Docker Engine with its Compose plug-in.")
    except AssertionError as trouble:
        sys.exit(str(trouble))


if __name__ == "__main__":
    main()
