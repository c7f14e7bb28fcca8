"""The CronJob that backs a site on Kubernetes up."""

from typing import Any

import kubernetes_validate
import pytest

from tests.support.kubernetes import Thing, copied, environment, named, things
from tests.unit.deploy.test_kubernetes import VERSIONS, known_names

__all__ = ["copied", "things"]


def get_pod(things: list[Thing]) -> dict[str, Any]:
    template: dict[str, Any] = named(things, "CronJob", "backup")["spec"]["jobTemplate"]["spec"]["template"]
    return template


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_the_backup_and_its_volume(things: list[Thing], version: str) -> None:
    for kind, name in (("CronJob", "backup"), ("PersistentVolumeClaim", "backups")):
        kubernetes_validate.validate(named(things, kind, name), version, strict=True)


def test_a_backup_runs_with_no_more_rights_than_the_migration(things: list[Thing]) -> None:
    migration = named(things, "Job", "migrate")["spec"]["template"]["spec"]
    spec = get_pod(things)["spec"]
    (container,), (other,) = spec["containers"], migration["containers"]
    assert spec["securityContext"] == migration["securityContext"]
    assert container["securityContext"] == other["securityContext"]
    assert container["image"] == other["image"]
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    assert "memory" in container["resources"]["limits"]


def test_a_backup_reaches_the_database_and_a_bucket_and_no_metadata_of_the_cloud(things: list[Thing]) -> None:
    labels = get_pod(things)["metadata"]["labels"]
    assert labels["myweb/reaches-stores"] == "yes"
    policy = named(things, "NetworkPolicy", "backup-copies")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert "169.254.0.0/16" in policy["egress"][0]["to"][0]["ipBlock"]["except"]


def test_it_writes_into_the_volume_that_it_mounts_and_knows_every_setting(things: list[Thing]) -> None:
    spec = get_pod(things)["spec"]
    (container,) = spec["containers"]
    container = container | {"envFrom": [each for each in container["envFrom"] if "configMapRef" in each]}
    settings = environment(things, container)
    assert settings["MYWEB_BACKUPS"] in [mount["mountPath"] for mount in container["volumeMounts"]]
    assert {name.removesuffix("_FILE") for name in settings} <= known_names()
    assert container["args"] == ["backup", "--daily"]
