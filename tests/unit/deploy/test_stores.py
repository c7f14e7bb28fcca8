"""Settings of PostgreSQL and Redis, which every way of running writes by itself."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REDIS = ("docker-compose.yml", "deploy/redis_settings.py", "deploy/kubernetes/components/redis/start")
POSTGRESQL = (
    "docker-compose.yml",
    "deploy/stack/stores.py",
    "deploy/host/install.py",
    "deploy/kubernetes/components/postgres/cluster.yaml",
)


@pytest.mark.parametrize("path", REDIS)
def test_a_full_redis_gives_up_only_what_expires(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.findall(r"maxmemory (\d+)mb", text) == ["384"]  # the same everywhere, said once
    assert "maxmemory-policy volatile-lru" in text


@pytest.mark.parametrize("path", POSTGRESQL)
def test_the_log_of_the_database_holds_neither_statements_nor_details(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(r"""log_min_error_statement["']?[=:] ?["']?panic""", text)
    assert re.search(r"""log_error_verbosity["']?[=:] ?["']?terse""", text)
