"""Creates a PostgreSQL cluster and a Redis for the stack on first use."""

import shutil
import subprocess
from pathlib import Path

import psycopg
import redis

from deploy.stack.errors import StackError
from deploy.stack.programs import program
from deploy.stack.state import Stack, database_user, directory

STACK_HINT = "set MYWEB_STACK_DIR to a directory that every user can enter, such as /var/tmp/myweb"


def reachable_by(user: str, path: Path, server: str = "PostgreSQL", hint: str = STACK_HINT) -> None:
    probe = subprocess.run(["test", "-x", path], user=user, group=user, extra_groups=[], check=False)
    if probe.returncode:
        raise StackError(f"The user {user}, who has to run {server} when you are root, may not enter {path}; {hint}.")


def make_cluster(stack: Stack) -> None:
    data = directory() / "postgres"
    if (data / "PG_VERSION").exists():
        return
    user = database_user()
    data.mkdir(mode=0o700, exist_ok=True)
    password = directory() / "run" / "initdb-password"
    password.touch(mode=0o600)
    password.write_text(stack.postgres_password, encoding="utf-8")
    if user:
        reachable_by(user, directory())
        shutil.chown(data, user, user)
        shutil.chown(password, user, user)
    argv = [program("initdb"), "-D", str(data), "-U", "myweb", "-A", "scram-sha-256"]
    argv += [f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(
        argv, user=user, group=user, extra_groups=[] if user else None, capture_output=True, check=False
    )
    password.unlink()
    if done.returncode:
        shutil.rmtree(data)
        raise StackError(
            f"PostgreSQL could not make its files in {data}: {done.stderr.decode().strip().splitlines()[-1]}"
        )


def postgres_argv(stack: Stack) -> list[str]:
    unsafe = ("fsync=off", "synchronous_commit=off", "full_page_writes=off") if stack.volatile else ()
    return [
        program("postgres"),
        *("-D", str(directory() / "postgres"), "-p", str(stack.postgres)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
        *("-c", "log_min_error_statement=panic"),  # the text of a failed statement may contain messages
        *(word for setting in unsafe for word in ("-c", setting)),
    ]


def connect(stack: Stack, name: str) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1",
        port=stack.postgres,
        user="myweb",
        password=stack.postgres_password,
        dbname=name,
        connect_timeout=2,
        autocommit=True,
    )


def postgres_works(stack: Stack) -> bool:
    try:
        with connect(stack, "postgres") as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def make_database(stack: Stack) -> None:
    with connect(stack, "postgres") as connection:
        if not connection.execute("select 1 from pg_database where datname = 'myweb'").fetchone():
            connection.execute("create database myweb")


def redis_argv(stack: Stack) -> list[str]:
    """Nothing is kept on disk: the data of Redis can be read again from the database."""
    path = directory() / "redis.conf"
    path.touch(mode=0o600)  # a file, because all users can read a command line
    lines = [
        f"port {stack.redis}",
        "bind 127.0.0.1",
        f'requirepass "{stack.redis_password}"',
        'save ""',
        "appendonly no",
    ]
    path.write_text("\n".join([*lines, f'dir "{directory()}"', ""]), encoding="utf-8")
    return [program("redis"), str(path)]


def redis_works(stack: Stack) -> bool:
    client = redis.Redis(
        host="127.0.0.1", port=stack.redis, password=stack.redis_password, socket_timeout=2, socket_connect_timeout=2
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
