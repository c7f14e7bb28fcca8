"""bin/upgrade: what it calls in a cluster, and whose site it upgrades."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OVERLAY = "deploy/kubernetes/overlays/gateway"
KUBECTL = """#!/bin/sh
echo "$*" >>"{folder}/calls"
case "$*" in
  *"$FAILS"*) exit 1 ;;
  *"get job migrate"*) echo True ;;
esac
"""
DEPLOYMENTS = ("web", "live", "collector", "worker")
ROLLED_OUT = [f"--namespace myweb rollout status deployment/{part} --timeout 10m" for part in DEPLOYMENTS]


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    (tmp_path / "kubectl").write_text(KUBECTL.format(folder=tmp_path))
    (tmp_path / "kubectl").chmod(0o755)
    return tmp_path


def upgrade(
    cluster: Path, *arguments: str, fails: str = "nothing"
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    done = subprocess.run(
        ["bin/upgrade", *arguments],
        cwd=ROOT,
        env={"PATH": f"{cluster}:{os.environ['PATH']}", "FAILS": fails},
        capture_output=True,
        text=True,
        check=False,
    )
    calls = cluster / "calls"
    return done, calls.read_text().splitlines() if calls.exists() else []


def test_in_a_cluster_the_job_is_made_anew_and_each_part_is_waited_for(cluster: Path) -> None:
    done, calls = upgrade(cluster, "--kubernetes", OVERLAY)
    assert done.returncode == 0, done.stderr
    assert calls == [
        "--namespace myweb delete job migrate --ignore-not-found",
        f"apply --kustomize {OVERLAY}",
        "--namespace myweb wait --for condition=complete job/migrate --timeout 20s",
        *ROLLED_OUT,
    ]
    assert done.stdout.splitlines()[-1].endswith("done")


def test_in_a_cluster_the_way_back_needs_no_checkout(cluster: Path) -> None:
    done, calls = upgrade(cluster, "--kubernetes", OVERLAY, "--back")
    assert done.returncode == 0, done.stderr
    undone = [f"--namespace myweb rollout undo deployment/{part}" for part in DEPLOYMENTS]
    assert calls == [*undone, *ROLLED_OUT]
    assert f"the next upgrade uses the images of {OVERLAY}" in done.stdout.lower()


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("wait --for", "the old pods go on: kubectl -n myweb logs job/migrate"),
        ("status deployment/live", "the new pods of live are not ready, and the old ones go on"),
    ],
)
def test_in_a_cluster_what_fails_is_named_with_its_log(cluster: Path, fails: str, said: str) -> None:
    done, calls = upgrade(cluster, "--kubernetes", OVERLAY, fails=fails)
    assert done.returncode == 1
    assert said in done.stderr
    assert fails in calls[-1] or "get job migrate" in calls[-1], "nothing else is done after it"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kubernetes"], "--kubernetes needs an overlay"),
        (["--kubernetes", "overlays/none"], "there is no overlay overlays/none"),
        (["--sideways"], "bin/upgrade [--back]"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(cluster: Path, arguments: list[str], said: str) -> None:
    done, calls = upgrade(cluster, *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert not calls
