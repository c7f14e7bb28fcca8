"""Checks the static files: hashes are right, the files belong to this code, and nginx serves them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from ops.doctor.finding import (
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_skipped,
    report_warning,
)
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient, report_no_response

Names = dict[str, str]  # as the code says it -> with the hash


def check_static_files(site: SiteClient) -> Findings:
    try:
        store = storages.create_storage(settings.STORAGES["staticfiles"])  # which reads the list
    except ValueError as error:
        yield report_failure(
            f"the list of them can't be read: {describe_error(error)}", get_installation().collectstatic
        )
        return
    if not isinstance(store, ManifestStaticFilesStorage):
        yield report_skipped("with MYWEB_DEBUG they are served from the source directories")
        return
    names: Names = store.hashed_files
    if not names:
        yield report_failure(
            f"{store.manifest_name} is missing in {settings.STATIC_ROOT}", get_installation().collectstatic
        )
        return
    yield from check_up_to_date(store, names)
    try:
        yield from check_content(store, names, site)
        yield from check_served(store, names, site)
    except httpx.TransportError as error:
        yield report_no_response(site, error)


def check_content(store: ManifestStaticFilesStorage, names: Names, site: SiteClient) -> Findings:
    """On the disk; in a container that has the list alone, through the site."""
    here = any(store.exists(hashed) for hashed in names.values())
    wrong = [
        hashed
        for name, hashed in names.items()
        if not has_promised_hash(
            store, name, hashed, read_from_disk(store, hashed) if here else read_over_http(site, hashed)
        )
    ]
    where = "" if here else ", checked through nginx"
    if wrong:
        yield report_failure(
            f"{len(wrong)} of {len(names)} are missing or altered{where}: {format_examples(wrong)}",
            get_installation().collectstatic,
        )
    else:
        yield report_ok(f"{format_count(len(names), 'file')} with the right hashes{where}")


def has_promised_hash(store: ManifestStaticFilesStorage, name: str, hashed: str, body: bytes | None) -> bool:
    return body is not None and f".{store.file_hash(name, ContentFile(body))}" in hashed


def read_from_disk(store: ManifestStaticFilesStorage, name: str) -> bytes | None:
    path = Path(store.path(name))
    return path.read_bytes() if path.is_file() else None


def read_over_http(site: SiteClient, name: str) -> bytes | None:
    answer = site.get(f"{settings.STATIC_URL}{name}")
    return answer.content if answer.status_code == 200 else None


def check_up_to_date(store: ManifestStaticFilesStorage, names: Names) -> Findings:
    """What was collected is what the code has now."""
    old = [
        name
        for name, path in find_static_sources()
        if name not in names or has_changed(read_from_disk(store, name), path)
    ]
    if old:
        these = format_count(len(old), "file of the code is", "files of the code are")
        yield report_failure(
            f"{these} newer than what was collected: {format_examples(old)}", get_installation().collectstatic
        )


def find_static_sources() -> Iterator[tuple[str, Path]]:
    """The first file with a name counts, as in collectstatic."""
    seen: set[str] = set()
    for finder in get_finders():
        for path, storage in finder.list([]):
            name = str(Path(getattr(storage, "prefix", None) or "") / path)
            if name not in seen:
                seen.add(name)
                yield name, Path(storage.path(path))


def has_changed(collected: bytes | None, source: Path) -> bool:
    return collected is not None and collected != source.read_bytes()


def check_served(store: ManifestStaticFilesStorage, names: Names, site: SiteClient) -> Findings:
    name = next(name for name in names if name.endswith(".css"))
    path = f"{settings.STATIC_URL}{names[name]}"
    answer = site.get(path)
    if answer.status_code != 200:
        yield report_failure(
            f"{path} is not served ({answer.status_code})",
            f"nginx's location /static/ (MYWEB_STATIC_ROOT) must be where these files are: "
            f"{get_installation().collectstatic}",
        )
    elif not has_promised_hash(store, name, names[name], answer.content):
        yield report_failure(f"{path} is served with different content", get_installation().collectstatic)
    elif "Content-Security-Policy" in answer.headers:  # myweb/headers.py
        yield report_warning(
            f"{path} is served by Python", "Serve /static/ from the files: deploy/nginx/myweb.conf.template"
        )
    elif "immutable" not in answer.headers.get("Cache-Control", ""):
        yield report_warning(
            f"{path} is not cacheable by browsers",
            "Cache-Control: public, max-age=31536000, immutable (nginx, /static/)",
        )
    else:
        yield report_ok("served by nginx, cacheable forever")


def format_examples(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
