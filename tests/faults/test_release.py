"""New code goes into service under a conversation and a steady rate of pages and posts. Nobody gets an error."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.faults.conversation import conversation
from tests.faults.stack import LIVE, ROOT, folder, stack
from tests.faults.visitors import MARK, Visitors, another_checkout, tally, visitors

STYLE = re.compile(r"/static/(?:joined/)?myweb/[\w.-]+\.[0-9a-f]{12}\.css")


def serving() -> set[Path]:
    """The checkouts that the socket servers and the collector were started from."""
    found = set()
    for part in (*LIVE, "collector", "worker"):
        pid = (folder() / "run" / f"{part}.pid").read_text().split()[0]
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        found.add(next(Path(word).parent for word in words if word.endswith("manage.py")))
    return found


async def release_to(checkout: Path, visitors: Visitors) -> list[str]:
    """Gives the pages that were read after its end."""
    await stack("release", str(checkout))
    assert serving() == {checkout}
    return await visitors.later()


async def test_new_code_goes_into_service_and_nobody_notices(tmp_path: Path) -> None:
    fresh = await asyncio.to_thread(another_checkout, tmp_path / "fresh")
    async with conversation() as talk:
        async with visitors(talk) as those:
            first, *_ = await those.later(1)
            old = STYLE.findall(first)
            assert old
            assert MARK not in first
            try:
                forth = await release_to(fresh, those)
                assert all(MARK in page for page in forth)
                new = STYLE.findall(forth[-1])
                assert not {*old} & {*new}
                for path in (*old, *new):
                    assert those.get(path), "a page that is open still gets what it was made with"
            finally:
                back = await release_to(ROOT, those)
            assert not any(MARK in page for page in back)
            assert STYLE.findall(back[-1]) == old
        assert not those.troubles
        assert those.posts > 20
        await talk.ends()
        codes = [code for each in talk.talkers for code in each.socket.closes]
        assert {*codes} == {4001}, "each was told to come back"
        assert not any(each.socket.failures for each in talk.talkers), "nobody had to try twice"
        print(f"\n{those.tally()}; {tally(talk, codes)}")


BROKEN = "raise ImportError('no such thing')\n"


@pytest.mark.parametrize(
    ("breaks", "said"),
    [(BROKEN, "no such thing"), (f"import sys\nif 'uwsgi' in sys.modules: {BROKEN}", "can't import the new code")],
    ids=["everywhere", "in uWSGI alone"],
)
async def test_code_that_cannot_start_is_refused_and_the_old_goes_on(tmp_path: Path, breaks: str, said: str) -> None:
    broken = await asyncio.to_thread(another_checkout, tmp_path / "broken")
    wsgi = broken / "myweb" / "wsgi.py"
    wsgi.write_text(breaks + wsgi.read_text())
    await stack("stop", "web")
    await stack("start", "web")  # no worker of it was ever exchanged
    async with conversation() as talk, visitors(talk) as those:
        with pytest.raises(AssertionError, match=said):
            await stack("release", str(broken))
        assert serving() == {ROOT}
        await talk.goes_on()
        assert not those.troubles


async def test_code_that_starts_and_does_not_answer_gives_way_to_the_old(tmp_path: Path) -> None:
    broken = await asyncio.to_thread(another_checkout, tmp_path / "broken")
    views = broken / "ops" / "views.py"
    assert "def check_ready(" in views.read_text()
    views.write_text(f"{views.read_text()}\n\ndef check_ready(request): raise OSError('no such thing')\n")
    async with conversation() as talk:
        with pytest.raises(AssertionError, match=r"web has the new code and does not respond(.|\n)*code of before"):
            await stack("release", str(broken))
        assert serving() == {ROOT}
        async with visitors(talk) as those:
            await those.later()
        assert not those.troubles
        await talk.ends()
