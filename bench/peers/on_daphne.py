"""Projects on plain Channels, served by Daphne's command line: the tutorial's chat, and posts row by row."""

import sys
from importlib.metadata import version
from uuid import uuid4

from psycopg import sql

from bench.peers.peer import HERE, Peer
from bench.testbed import Server, Testbed, free_port, listens, run
from deploy.stack.stores import connect_postgres

DATABASE = "peer"


def serve(testbed: Testbed, name: str, project: str, path: str, env: dict[str, str]) -> Server:
    port = free_port()
    where = ["-b", "127.0.0.1", "-p", str(port)]
    # Verbosity 0: no log line per socket.
    argv = [sys.executable, "-m", "daphne", "-v", "0", *where, f"{project}.asgi:application"]
    return testbed.start(name, argv, listens(port), url=f"ws://127.0.0.1:{port}{path}", env=env)


def environment(testbed: Testbed, project: str) -> dict[str, str]:
    """``project`` is a folder beside this file, imported as in a repository of its own."""
    stores = testbed.stores().settings()
    return {**stores, "PYTHONPATH": str(HERE), "DJANGO_SETTINGS_MODULE": f"{project}.settings"}


def tutorial(layer: str, what: str) -> Peer:
    def start(testbed: Testbed) -> Server:
        # A new prefix per start: the core layer keeps members in Redis for a day after their process ended.
        layers = {"BENCH_LAYER": layer, "BENCH_PREFIX": f"bench-{uuid4().hex[:8]}"}
        env = environment(testbed, "tutorial") | layers
        return serve(testbed, f"channels-{layer}", "tutorial", "/ws/chat/lobby/", env)

    def words() -> str:
        return f"Channels {version('channels')} tutorial, Daphne {version('daphne')}, {what} layer, a frame a message"

    return Peer(f"channels-{layer}", "tutorial", start, words)


TUTORIALS = (tutorial("core", "core Redis"), tutorial("pubsub", "Redis pub/sub"))


def row_by_row(testbed: Testbed) -> Server:
    with connect_postgres(testbed.stores(), "postgres") as connection:
        name = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("create database {}").format(name))
    env = environment(testbed, "rows") | {"DATABASE_NAME": DATABASE}
    run([sys.executable, "-m", "rows.prepare"], **env)
    return serve(testbed, "row-by-row", "rows", "/ws/", env)


def stored(testbed: Testbed) -> int:
    """The number of stored rows. Acknowledged posts must be among them."""
    with connect_postgres(testbed.stores(), DATABASE) as connection:
        found = connection.execute("select count(*) from rows_message").fetchone()
        return int(found[0]) if found else 0


def row_by_row_words() -> str:
    versions = f"Channels {version('channels')}, Daphne {version('daphne')}, Django {version('django')}"
    return f"{versions}: AsyncJsonWebsocketConsumer, ORM, a row and a commit a message"


POST_PEERS = (Peer("row-by-row", "tutorial", row_by_row, row_by_row_words),)
