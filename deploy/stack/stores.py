"""Creates a PostgreSQL cluster and a Redis for the stack on first use."""

import shutil
import subprocess
from pathlib import Path

import psycopg
import redis

from deploy.redis_settings import REDIS_SETTINGS
from deploy.stack.errors import StackError
from deploy.stack.programs import get_program
from deploy.stack.state import Stack, database_user, get_stack_directory

STACK_HINT = "set MYWEB_STACK_DIR to a directory that every user can enter, such as /var/tmp/myweb"


def check_reachable_by(user: str, path: Path, server: str = "PostgreSQL", hint: str = STACK_HINT) -> None:
    probe = subprocess.run(["test", "-x", path], user=user, group=user, extra_groups=[], check=False)
    if probe.returncode:
        raise StackError(f"The user {user}, who has to run {server} when you are root, may not enter {path}; {hint}.")


def make_cluster(stack: Stack) -> None:
    data = get_stack_directory() / "postgres"
    if (data / "PG_VERSION").exists():
        return
    user = database_user()
    data.mkdir(mode=0o700, exist_ok=True)
    password = get_stack_directory() / "run" / "initdb-password"
    password.touch(mode=0o600)
    password.write_text(stack.postgres_password, encoding="utf-8")
    if user:
        check_reachable_by(user, get_stack_directory())
        shutil.chown(data, user, user)
        shutil.chown(password, user, user)
    argv = [get_program("initdb"), "-D", str(data), "-U", "myweb", "-A", "scram-sha-256"]
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


def build_postgres_command(stack: Stack) -> list[str]:
    unsafe = ("fsync=off", "synchronous_commit=off", "full_page_writes=off") if stack.volatile else ()
    return [
        get_program("postgres"),
        *("-D", str(get_stack_directory() / "postgres"), "-p", str(stack.postgres)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
        # Messages can be in the text of a failed statement, and in the details of its error.
        *("-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse"),
        *(word for setting in unsafe for word in ("-c", setting)),
    ]


def connect_postgres(stack: Stack, name: str) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1",
        port=stack.postgres,
        user="myweb",
        password=stack.postgres_password,
        dbname=name,
        connect_timeout=2,
        autocommit=True,
    )


def is_postgres_working(stack: Stack) -> bool:
    try:
        with connect_postgres(stack, "postgres") as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def make_database(stack: Stack) -> None:
    with connect_postgres(stack, "postgres") as connection:
        if not connection.execute("select 1 from pg_database where datname = 'myweb'").fetchone():
            connection.execute("create database myweb")


def build_redis_command(stack: Stack) -> list[str]:
    """Nothing is kept on disk: the data of Redis can be read again from the database."""
    path = get_stack_directory() / "redis.conf"
    path.touch(mode=0o600)  # a file, because all users can read a command line
    lines = [
        f"port {stack.redis}",
        "bind 127.0.0.1",
        f'requirepass "{stack.redis_password}"',
        f'dir "{get_stack_directory()}"',
    ]
    path.write_text("\n".join([*lines, REDIS_SETTINGS]), encoding="utf-8")
    return [get_program("redis"), str(path)]


def is_redis_working(stack: Stack) -> bool:
    client = redis.Redis(
        host="127.0.0.1", port=stack.redis, password=stack.redis_password, socket_timeout=2, socket_connect_timeout=2
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
