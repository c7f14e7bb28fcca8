"""Copies of backups in a bucket of a real S3-compatible service."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from monitor.metrics.backup_state import load_backup_state
from ops import daily_backups
from ops.backup_bucket import PART_SIZE, BackupBucket, InvalidBucket, get_bucket
from ops.doctor.backups import check_backups
from ops.doctor.finding import FindingState
from ops.doctor.site_client import SiteClient
from tests.support import machines
from tests.support.archives import postpone_restore_check
from tests.support.buckets import ACCESS_KEY, SECRET_KEY, Service, run_service

pytestmark = pytest.mark.any_database

BUCKET = "nightly"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with run_service(tmp_path_factory.mktemp("service")) as running:
        running.make_bucket(BUCKET)
        yield running


@pytest.fixture
def bucket(service: Service, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> BackupBucket:
    settings.BACKUPS_S3 = service.get_settings(BUCKET, request.node.name.partition("[")[0]).url
    settings.BACKUPS_S3_ACCESS_KEY, settings.BACKUPS_S3_SECRET_KEY = ACCESS_KEY, SECRET_KEY
    settings.BACKUPS, settings.BACKUPS_COPY, settings.DEBUG = str(tmp_path / "here"), "", False
    (tmp_path / "here").mkdir()
    made = get_bucket()
    assert made
    return made


def read_findings() -> list[tuple[FindingState, str]]:
    return [(finding.state, finding.message) for finding in check_backups(SiteClient("http://localhost"))]


@pytest.mark.django_db(transaction=True)
def test_a_daily_backup_stands_in_the_bucket_and_doctor_sees_it(
    ada: User, bucket: BackupBucket, settings: Settings
) -> None:
    assert (FindingState.FAILED, f"no backup in {bucket.url}") in read_findings()
    call_command("backup", "--daily")
    (path,) = daily_backups.list_backups(Path(settings.BACKUPS))
    (copy,) = bucket.list_backups()
    assert (copy.name, copy.size) == (path.name, path.stat().st_size)
    state = load_backup_state()
    assert state
    assert state.copied_at
    findings = read_findings()
    assert [found for found, message in findings if f"the newest of 1 backup in {bucket.url}" in message] == [
        FindingState.OK
    ]
    assert any("without encryption" in message for _found, message in findings)


def test_an_archive_of_several_parts_arrives_whole(bucket: BackupBucket, tmp_path: Path) -> None:
    path = tmp_path / "myweb-2026-11-29-030000.tar.gz"
    path.write_bytes(bytes(range(256)) * (PART_SIZE // 100))
    bucket.copy_backup(path)
    assert b"".join(bucket.bucket.read(path.name, 0, path.stat().st_size)) == path.read_bytes()


def test_old_copies_are_deleted_but_never_the_newest_nor_other_files(bucket: BackupBucket, tmp_path: Path) -> None:
    for name in ("myweb-2026-11-01-030000.tar.gz", "myweb-2026-11-02-030000.tar.gz", "notes.txt"):
        (tmp_path / name).touch()
        bucket.copy_backup(tmp_path / name)
    later = timezone.now() + timedelta(days=20)
    assert bucket.delete_old_backups(30, later) == 0
    assert bucket.delete_old_backups(14, later) == 1
    assert [copy.name for copy in bucket.list_backups()] == ["myweb-2026-11-02-030000.tar.gz"]
    assert bucket.bucket.find("notes.txt")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"BACKUPS_S3_SECRET_KEY": "not-that-secret"}, "the access key was refused"),
        ({"BACKUPS_S3": "{url}/elsewhere"}, "there is no such bucket"),
        ({"BACKUPS_S3": "http://127.0.0.1:1/nightly"}, "it does not answer"),
    ],
)
def test_a_bucket_that_takes_nothing_fails_aloud_and_the_folder_has_its_backup(
    ada: User,
    bucket: BackupBucket,
    settings: Settings,
    service: Service,
    caplog: pytest.LogCaptureFixture,
    wrong: dict[str, str],
    reason: str,
) -> None:
    for name, value in wrong.items():
        setattr(settings, name, value.format(url=f"http://127.0.0.1:{service.port}"))
    postpone_restore_check()
    with pytest.raises(CommandError, match=f"can't be written: {reason}") as error:
        call_command("backup", "--daily")
    assert len(daily_backups.list_backups(Path(settings.BACKUPS))) == 1
    state = load_backup_state()
    assert state
    assert state.copied_at is None
    assert any(found == FindingState.FAILED and reason in message for found, message in read_findings())
    assert settings.BACKUPS_S3_SECRET_KEY not in f"{error.value} {caplog.text} {read_findings()}"


@pytest.mark.parametrize(
    ("url", "key", "text"),
    [
        ("https://me:hunter2@s3.example.com/nightly", "k", "must not contain a key"),
        ("https://s3.example.com", "k", "must be https://SERVICE/BUCKET"),
        ("s3://nightly", "k", "must be https://SERVICE/BUCKET"),
        ("https://s3.example.com/nightly", "", "needs MYWEB_BACKUPS_S3_ACCESS_KEY"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_a_sentence_without_secrets(url: str, key: str, text: str) -> None:
    with pytest.raises(InvalidBucket, match=text) as error:
        BackupBucket(url, key, key, "us-east-1")
    assert "hunter2" not in str(error.value)


def test_a_service_whose_certificate_nobody_trusts_is_not_called_silent(tmp_path: Path) -> None:
    with machines.saying(b"", machines.certificate(tmp_path)) as place:
        bucket = BackupBucket(f"https://{place}/nightly", "key", "secret", "us-east-1")
        with pytest.raises(OSError, match="its certificate is not trusted here"):
            bucket.list_backups()
