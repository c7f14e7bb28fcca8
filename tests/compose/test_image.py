"""The images that the site runs on, built once more from nothing: see docs/decisions/0010."""

import hashlib
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.compose.project import name, run

PIP = [f"--build-arg={each}" for each in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")]
File = tuple[str, int, int, int, str, str]


@contextmanager
def built_again(target: str, *options: str) -> Iterator[str]:
    image = f"{name()}-{target}-again"
    run("docker", "build", "-q", *options, *PIP, "-f", "deploy/docker/Dockerfile", "--target", target, "-t", image, ".")
    try:
        yield image
    finally:
        run("docker", "rmi", image)


def files(image: str) -> set[File]:
    """All but the moments at which they were written, and what Docker puts into a container."""
    container = run("docker", "create", image).strip()
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export:
            assert export.stdout
            with tarfile.open(fileobj=export.stdout, mode="r|") as archive:
                return {file_of(archive, each) for each in archive}
    finally:
        run("docker", "rm", container)


def file_of(archive: tarfile.TarFile, each: tarfile.TarInfo) -> File:
    content = archive.extractfile(each) if each.isreg() else None
    digest = hashlib.file_digest(content, "sha256").hexdigest() if content else each.linkname  # type: ignore[arg-type]
    return each.name, each.mode, each.uid, each.gid, each.type.decode(), digest


@pytest.mark.parametrize("target", ["web", "nginx"])
def test_two_builds_of_the_same_files_are_the_same(target: str) -> None:
    with built_again(target, "--no-cache") as again:
        ours = files(f"{name()}-{target}")
        assert len(ours) > 1000
        assert sorted(ours ^ files(again)) == []
