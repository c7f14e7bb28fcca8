import http.client
from collections.abc import Iterator

import httpx
import pytest

from tests.schemes.served import House, Served, serve, stylesheet

MB = 2**20


@pytest.fixture
def served(house: House) -> Iterator[Served]:
    with serve(house, "static") as served:
        yield served


def test_files_are_kept_as_long_as_their_names_allow_and_are_never_listed(served: Served) -> None:
    hashed = stylesheet(served.get("/accounts/login/").text)
    kept = served.get(hashed)
    assert kept.headers.get_list("Cache-Control") == ["max-age=31536000", "public, immutable"]
    assert "Expires" in kept.headers
    first, _hash, kind = hashed.rsplit(".", 2)
    plain = served.get(f"{first}.{kind}")
    assert plain.headers.get_list("Cache-Control") == ["max-age=2592000", "public"]
    assert "Expires" in plain.headers
    assert served.get(hashed, If_None_Match=kept.headers["ETag"]).status_code == 304
    for folder in ("/static/", "/static/myweb/"):
        assert served.get(folder).status_code == 403
    assert served.get("/static/../manage.py").status_code in {400, 404}


def test_an_upload_of_75_mb_passes_and_one_of_76_is_refused(served: Served) -> None:
    def body() -> Iterator[bytes]:
        for _piece in range(75):
            yield bytes(MB)

    headers = {"Content-Length": str(75 * MB)}
    taken = httpx.post(f"{served.address}/upload/", content=body(), headers=headers, timeout=60)
    assert (taken.status_code, taken.text) == (200, f"{75 * MB} bytes\n")
    assert announced(served, "/upload/", 76 * MB) == 413
    assert announced(served, "/accounts/login/", 2 * MB) == 413


def announced(served: Served, path: str, size: int) -> int:
    """The answer to a body of this size, before any of it was sent."""
    line = http.client.HTTPConnection("127.0.0.1", served.place.stack.port, timeout=20)
    line.putrequest("POST", path)
    line.putheader("Content-Length", str(size))
    line.endheaders()
    status = line.getresponse().status
    line.close()
    return status
