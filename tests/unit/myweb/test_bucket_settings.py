"""The settings of a bucket: what is refused when the site starts."""

from datetime import timedelta

import obstore
import pytest
from django.core.exceptions import ImproperlyConfigured

from myweb import env
from myweb.bucket_settings import InvalidBucket, parse_bucket
from myweb.buckets import Bucket

SECRET = "hunter2hunter2"


def parse(url: str, access_key: str = "key", region: str = "eu-central-1", style: str = "path") -> object:
    return parse_bucket("MYWEB_FILES_S3", url, access_key=access_key, secret_key=SECRET, region=region, style=style)


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.example.com/bucket",
        "https://s3.example.com:9000/bucket/",
        "http://[::1]:9000/bucket/folder/in.it",
        "http://minio:9000/my-bucket.2/a_b",
    ],
)
def test_addresses_of_buckets(url: str) -> None:
    assert parse(url)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://key:hunter2@s3.example.com/bucket", "must not contain a key"),
        ("https://s3.example.com/bucket?key=hunter2", "must not contain a key"),
        ("https://s3.example.com", "must be https://SERVICE/BUCKET"),
        ("https:///bucket", "must be https://SERVICE/BUCKET"),
        ("https://s3.example.com:99999/bucket", "must be https://SERVICE/BUCKET"),
        ("https://s3.example.com/bucket#x", "must be https://SERVICE/BUCKET"),
        ("s3://bucket", "must be https://SERVICE/BUCKET"),
        ("bucket", "must be https://SERVICE/BUCKET"),
        ("https://s3.example.com/b", "names the bucket 'b'"),
        ("https://s3.example.com/buck et", "names the bucket"),
        ("https://s3.example.com/bucket/../other", "names the folder"),
        ("https://s3.example.com/bucket/a//b", "names the folder"),
        ("https://s3.example.com/bucket/\u202eabc", "names the folder"),
    ],
)
def test_other_addresses_are_refused(url: str, text: str) -> None:
    with pytest.raises(InvalidBucket, match=text) as error:
        parse(url)
    assert "hunter2" not in str(error.value)


def test_regions_and_styles_are_checked() -> None:
    with pytest.raises(InvalidBucket, match="MYWEB_FILES_S3_REGION"):
        parse("https://s3.example.com/bucket", region="eu central")
    with pytest.raises(InvalidBucket, match="MYWEB_FILES_S3_STYLE must be path or host"):
        parse("https://s3.example.com/bucket", style="dns")
    with pytest.raises(InvalidBucket, match="needs MYWEB_FILES_S3_ACCESS_KEY and MYWEB_FILES_S3_SECRET_KEY"):
        parse("https://s3.example.com/bucket", access_key="")


@pytest.mark.parametrize(
    ("style", "begins"),
    [("path", "https://s3.example.com/bucket/a/b?"), ("host", "https://bucket.s3.example.com/a/b?")],
)
def test_the_bucket_is_in_the_path_or_in_the_host(style: str, begins: str) -> None:
    given = parse_bucket(
        "X", "https://s3.example.com/bucket/a", access_key="key", secret_key=SECRET, region="r", style=style
    )
    bucket = Bucket(given, timeout="1s", retries=0)
    assert bucket.sign("GET", "b").startswith(begins)
    assert obstore.sign(bucket.store, "GET", "b", timedelta(seconds=1)).startswith(begins)


def test_the_settings_come_from_the_environment_or_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert env.read_bucket("MYWEB_TEST_S3") is None
    monkeypatch.setenv("MYWEB_TEST_S3", "https://s3.example.com/bucket")
    with pytest.raises(ImproperlyConfigured, match="needs MYWEB_TEST_S3_ACCESS_KEY"):
        env.read_bucket("MYWEB_TEST_S3")
    path = tmp_path_factory.mktemp("secret") / "key"
    path.write_text(f"{SECRET}\n")
    monkeypatch.setenv("MYWEB_TEST_S3_ACCESS_KEY", "key")
    monkeypatch.setenv("MYWEB_TEST_S3_SECRET_KEY_FILE", str(path))
    given = env.read_bucket("MYWEB_TEST_S3")
    assert given
    assert (given.secret_key, given.region, given.style) == (SECRET, "us-east-1", "path")
