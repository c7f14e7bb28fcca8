"""Settings of a bucket of an S3-compatible service, without the library that reads it."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
FOLDER_NAME = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
STYLES = ["path", "host"]  # https://SERVICE/BUCKET/..., or https://BUCKET.SERVICE/...


class InvalidBucket(ValueError):
    """One sentence about the settings. It contains no secret."""


class BucketSettings(NamedTuple):
    url: str  # as an admin wrote it
    service: str  # with its scheme
    name: str
    folder: str
    access_key: str
    secret_key: str
    region: str
    style: str = "path"

    @property
    def is_encrypted(self) -> bool:
        return self.service.startswith("https:")

    @property
    def endpoint(self) -> str:
        """What requests begin with."""
        return self.service if self.style == "path" else self.service.replace("://", f"://{self.name}.")


def parse_bucket(
    variable: str, url: str, *, access_key: str, secret_key: str, region: str, style: str = "path"
) -> BucketSettings:
    """``variable`` is the name of the setting with the address; those of the keys begin with it."""
    try:
        parts = urlsplit(url)
        is_port_valid = parts.port is None or parts.port > 0
    except ValueError:
        parts, is_port_valid = urlsplit(""), False
    name, _slash, folder = parts.path.strip("/").partition("/")
    if "@" in parts.netloc or parts.query:
        raise InvalidBucket(f"{variable} must not contain a key: use {variable}_SECRET_KEY.")
    if parts.scheme not in {"https", "http"} or not parts.hostname or not is_port_valid or not name or parts.fragment:
        raise InvalidBucket(f"{variable} must be https://SERVICE/BUCKET or https://SERVICE/BUCKET/FOLDER.")
    if not BUCKET_NAME.fullmatch(name):
        raise InvalidBucket(f"{variable} names the bucket {name!r}: use letters, digits, dots and hyphens.")
    if folder and (not FOLDER_NAME.fullmatch(folder) or {".", ".."}.intersection(folder.split("/"))):
        raise InvalidBucket(f"{variable} names the folder {folder!r}: use letters, digits, dots and hyphens.")
    if not access_key or not secret_key:
        raise InvalidBucket(f"{variable} needs {variable}_ACCESS_KEY and {variable}_SECRET_KEY.")
    if not REGION.fullmatch(region):
        raise InvalidBucket(f"{variable}_REGION must be a name such as eu-central-1, not {region!r}.")
    if style not in STYLES:
        raise InvalidBucket(f"{variable}_STYLE must be {' or '.join(STYLES)}, not {style!r}.")
    service = f"{parts.scheme}://{parts.netloc}"
    return BucketSettings(url, service, name, folder, access_key, secret_key, region, style)
