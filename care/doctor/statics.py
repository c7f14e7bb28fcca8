"""Static files: each is there with the content that its name promises, is that of this code, and is served by nginx."""

from collections.abc import Iterator
from pathlib import Path

import httpx
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from care.doctor.finding import Findings, counted, failed, ok, skipped, warning, why
from care.doctor.front import Front, silent
from care.doctor.ways import way

Names = dict[str, str]  # as the code says it -> with the hash


def statics(front: Front) -> Findings:
    try:
        store = storages.create_storage(settings.STORAGES["staticfiles"])  # which reads the list
    except ValueError as error:
        yield failed(f"the list of them can't be read: {why(error)}", way().collect)
        return
    if not isinstance(store, ManifestStaticFilesStorage):
        yield skipped("with MYWEB_DEBUG they are served from the source directories")
        return
    names: Names = store.hashed_files
    if not names:
        yield failed(f"{store.manifest_name} is missing in {settings.STATIC_ROOT}", way().collect)
        return
    yield from current(store, names)
    try:
        yield from content(store, names, front)
        yield from served(store, names, front)
    except httpx.TransportError as error:
        yield silent(front, error)


def content(store: ManifestStaticFilesStorage, names: Names, front: Front) -> Findings:
    """On the disk; in a container that has the list alone, through the front."""
    here = any(store.exists(each) for each in names.values())
    wrong = [
        each
        for name, each in names.items()
        if not is_as_promised(store, name, each, on_disk(store, each) if here else over_http(front, each))
    ]
    where = "" if here else ", checked through nginx"
    if wrong:
        yield failed(f"{len(wrong)} of {len(names)} are missing or altered{where}: {some(wrong)}", way().collect)
    else:
        yield ok(f"{counted(len(names), 'file')} with the right hashes{where}")


def is_as_promised(store: ManifestStaticFilesStorage, name: str, hashed: str, body: bytes | None) -> bool:
    return body is not None and f".{store.file_hash(name, ContentFile(body))}" in hashed


def on_disk(store: ManifestStaticFilesStorage, name: str) -> bytes | None:
    path = Path(store.path(name))
    return path.read_bytes() if path.is_file() else None


def over_http(front: Front, name: str) -> bytes | None:
    answer = front.get(f"{settings.STATIC_URL}{name}")
    return answer.content if answer.status_code == 200 else None


def current(store: ManifestStaticFilesStorage, names: Names) -> Findings:
    """What was collected is what the code has now."""
    old = [name for name, path in sources() if name not in names or differs(on_disk(store, name), path)]
    if old:
        these = counted(len(old), "file of the code is", "files of the code are")
        yield failed(f"{these} newer than what was collected: {some(old)}", way().collect)


def sources() -> Iterator[tuple[str, Path]]:
    """The first that is found counts, as for collectstatic."""
    seen: set[str] = set()
    for finder in get_finders():
        for path, storage in finder.list([]):
            name = str(Path(getattr(storage, "prefix", None) or "") / path)
            if name not in seen:
                seen.add(name)
                yield name, Path(storage.path(path))


def differs(collected: bytes | None, source: Path) -> bool:
    return collected is not None and collected != source.read_bytes()


def served(store: ManifestStaticFilesStorage, names: Names, front: Front) -> Findings:
    name = next(each for each in names if each.endswith(".css"))
    path = f"{settings.STATIC_URL}{names[name]}"
    answer = front.get(path)
    if answer.status_code != 200:
        yield failed(
            f"{path} is not served ({answer.status_code})",
            f"nginx's location /static/ (MYWEB_STATIC_ROOT) must be where these files are: {way().collect}",
        )
    elif not is_as_promised(store, name, names[name], answer.content):
        yield failed(f"{path} is served with different content", way().collect)
    elif "Content-Security-Policy" in answer.headers:  # myweb/headers.py
        yield warning(f"{path} is served by Python", "Serve /static/ from the files: deploy/nginx/myweb.conf.template")
    elif "immutable" not in answer.headers.get("Cache-Control", ""):
        yield warning(
            f"{path} is not cacheable by browsers",
            "Cache-Control: public, max-age=31536000, immutable (nginx, /static/)",
        )
    else:
        yield ok("served by nginx, cacheable forever")


def some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
