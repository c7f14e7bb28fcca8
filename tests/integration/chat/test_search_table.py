"""What each query finds, alike on both databases, from the index and before the index has read the messages."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from accounts.models import User, Workspace
from chat.message_services import delete_message, edit_message, send_message
from chat.models import Message, MessageIndex, Room
from chat.readers import RoomReaders
from chat.search.index import find_messages, get_reader, list_unindexed
from chat.search.query import parse_query
from chat.search.results import search_messages
from tests.support.cast import make_person
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db

TEXTS = {
    "disk": "The Disk is full on web-1, see chat/search.py",
    "backup": "Backups are done: full backup of 2026-11-30, 14 GB",
    "deploy": "deploying v4.2.1 to https://example.com/release/notes?page=2",
    "code": "`getUserName(id)` raises HTTPServerError in snake_case_name",
    "path": "tail -f /var/log/nginx/access.log | grep 10.0.0.7",
    "umlaut": "Ärger mit der Straße: größere Störung",
    "noun": "Der Datenbankserver braucht neue Festplatten",
    "chinese": "用户身份验证失败，磁盘已满，请清理日志",
    "chinese2": "今天部署了新版本２０２６",
    "japanese": "サーバーのディスクがいっぱいです。東京のデータセンター",
    "korean": "서버 디스크가 가득 찼습니다",
    "arabic": "الخَادِم مُمتلئ، القرص لا يعمل",
    "russian": "Сервер перезагружен, диск заменён",
    "hindi": "सर्वर बंद है",
    "emoji": "All green again :tada: 👍🏽",
    "mail": "write to ops@example.com or call +49 30 1234",
    "sentence": "to be or not to be, that is the question",
    "greek": "Ο ΣΊΣΥΦΟΣ ανεβαίνει",
}
QUERIES = [
    ("disk", "disk"),
    ("DISK", "disk"),
    ("dis", "disk"),
    ("isk", ""),
    ('"disk is full"', "disk"),
    ('"is disk full"', ""),
    ('"disk is ful"', ""),
    ("full", "backup disk"),
    ("full -backup", "disk"),
    ("full -back", "backup disk"),
    ('full -"disk is full"', "backup"),
    ("web-1", "disk"),
    ("web", "disk"),
    ("web-2", ""),
    ("search.py", "disk"),
    ("chat/search.py", "disk"),
    ("chat search", "disk"),
    ("chat.search", ""),
    ("backup", "backup"),
    ("2026-11-30", "backup"),
    ("2026", "backup chinese2"),
    ("v4.2.1", "deploy"),
    ("v4.2.2", ""),
    ("https://example.com/release", "deploy"),
    ("example.com", "deploy mail"),
    ("page=2", "deploy"),
    ("getUserName", "code"),
    ("getusername", "code"),
    ("user", "code"),
    ("HTTPServerError", "code"),
    ("server", "code"),
    ("snake_case_name", "code"),
    ("snake_case", "code"),
    ("case", "code"),
    ("/var/log/nginx/access.log", "path"),
    ("access.log", "path"),
    ("10.0.0.7", "path"),
    ("10.0.0.8", ""),
    ("ärger", "umlaut"),
    ("ÄRGER", "umlaut"),
    ("strasse", "umlaut"),
    ("Straße", "umlaut"),
    ("störung größere", "umlaut"),
    ("Datenbank", "noun"),
    ("Festplatte", "noun"),
    ("磁盘", "chinese"),
    ("磁盘已满", "chinese"),
    ("盘已", "chinese"),
    ("磁满", ""),
    ("盘", "chinese"),
    ("志", "chinese"),
    ("用户 日志", "chinese"),
    ("身份 -磁盘", ""),
    ("版本2026", "chinese2"),
    ("ディスク", "japanese"),
    ("東京", "japanese"),
    ("データセンター", "japanese"),
    ("디스크", "korean"),
    ("서버", "korean"),
    ("가득 찼", "korean"),
    ("الخادم", "arabic"),
    ("القرص", "arabic"),
    ("сервер", "russian"),
    ("ДИСК", "russian"),
    ("सर्वर", "hindi"),
    ("बं", ""),
    ("बंद", "hindi"),
    ("🎉", "emoji"),
    (":tada:", "emoji"),
    ("👍🏽", "emoji"),
    ("👎", ""),
    ("ops@example.com", "mail"),
    ("+49", "mail"),
    ("1234", "mail"),
    ('"not to be"', "sentence"),
    ('"be to not"', ""),
    ("to be", "sentence"),
    ("σίσυφος", "greek"),
    ("from:ada", " ".join(TEXTS)),
    ("from:ada full -disk", "backup"),
    ("-full disk", ""),
    ("from:me full", "backup disk"),
    ("in:general full", "backup disk"),
    ("-in:general full", ""),
    ("has:link", "deploy mail"),
    ("has:card", ""),
    ("is:thread", ""),
    ("on:today full", "backup disk"),
    ("before:today full", ""),
    ("after:yesterday full", "backup disk"),
    ("before:2001-01-01", ""),
    ("-on:today", ""),
    ('in:general from:ada on:today -has:link "disk is full"', "disk"),
]


@pytest.fixture
def general(ada: User, ben: User) -> Room:
    return make_room(ada, ben, name="general")


@pytest.fixture
def texts(general: Room, ada: User) -> dict[str, int]:
    """The ids of messages by their names."""
    return {name: send_message(ada, general.pk, str(uuid4()), text).message for name, text in TEXTS.items()}


@pytest.fixture
def worker() -> RoomReaders:
    """What fills the index."""
    return RoomReaders([get_reader(Workspace.current_epoch())])


@pytest.fixture(params=["indexed", "not yet indexed"])
def read(request: pytest.FixtureRequest, texts: dict[str, int], worker: RoomReaders) -> dict[str, int]:
    if request.param == "indexed":
        while worker.read_news():
            pass
    return texts


def find(user: User, query: str, names: dict[str, int]) -> str:
    found = {hit.message.pk for hit in search_messages(user, query).hits}
    return " ".join(sorted(name for name, message_id in names.items() if message_id in found))


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[query for query, _expected in QUERIES])
def test_a_query_finds(read: dict[str, int], ada: User, query: str, expected: str) -> None:
    assert find(ada, query, read) == " ".join(sorted(expected.split()))


def index_all(worker: RoomReaders) -> None:
    worker.compared_at = -1e9
    while worker.read_news():
        pass


def test_a_deleted_message_leaves_the_index_with_its_text(
    texts: dict[str, int], worker: RoomReaders, ada: User
) -> None:
    index_all(worker)
    assert MessageIndex.objects.count() == len(TEXTS)
    delete_message(ada, texts["disk"])
    assert not MessageIndex.objects.filter(pk=texts["disk"]).exists()
    assert find(ada, "disk", texts) == ""
    index_all(worker)
    assert MessageIndex.objects.count() == len(TEXTS) - 1


def test_an_edited_message_is_found_by_its_new_text_alone(
    texts: dict[str, int], worker: RoomReaders, ada: User, general: Room
) -> None:
    index_all(worker)
    edit_message(ada, texts["disk"], "All is well again")
    for _look in range(2):
        assert find(ada, "disk", texts) == ""
        assert find(ada, "well", texts) == "disk"
        index_all(worker)
    assert list_unindexed([general.pk]) == (set(), False)


def test_a_room_that_was_left_is_searched_no_more(
    texts: dict[str, int], worker: RoomReaders, ada: User, ben: User, general: Room
) -> None:
    index_all(worker)
    assert find(ben, "disk", texts) == "disk"
    general.memberships.filter(user=ben).update(active=False)
    assert find(ben, "disk", texts) == ""
    assert find(ben, "in:general disk", texts) == ""


def test_a_restored_database_is_indexed_anew(texts: dict[str, int], worker: RoomReaders, ada: User) -> None:
    index_all(worker)
    MessageIndex.objects.all().delete()
    Workspace.objects.update(epoch="restored")
    Workspace.forget()
    assert find(ada, "disk", texts) == "disk", "it is read through"
    index_all(RoomReaders([get_reader(Workspace.current_epoch())]))
    assert MessageIndex.objects.count() == len(TEXTS)


def test_more_hits_than_a_page_come_page_by_page_in_order(general: Room, worker: RoomReaders, ada: User) -> None:
    seqs = [say(general, ada, f"fish number {number}").seq for number in range(45)]
    index_all(worker)
    seqs += [say(general, ada, f"fish, not yet indexed {number}").seq for number in range(10)]
    found: list[int] = []
    before = None
    while not found or before:
        page = search_messages(ada, "fish", before=before)
        found += [hit.message.seq for hit in page.hits]
        before = page.older
    assert found == seqs[::-1]


def test_a_phrase_of_common_words_is_found_behind_many_messages_that_lack_it(
    general: Room, worker: RoomReaders, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.search.results.MAX_READ", 60)
    wanted = say(general, ada, "to be or not to be").seq
    for _number in range(100):
        say(general, ada, "be good to me or not")
    index_all(worker)
    page = search_messages(ada, '"to be or not"')
    assert page.hits == []
    assert page.older
    while page.older and not page.hits:
        page = search_messages(ada, '"to be or not"', before=page.older)
    assert [hit.message.seq for hit in page.hits] == [wanted]


def test_months_and_days_are_those_of_the_message(general: Room, worker: RoomReaders, ada: User) -> None:
    for day in (datetime(2025, 12, 31, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)):
        Message.objects.filter(room=general, seq=say(general, ada, f"party of {day.year}").seq).update(created_at=day)
    index_all(worker)

    def find_years(query: str) -> list[str]:
        return [hit.message.body[-4:] for hit in search_messages(ada, query).hits]

    assert find_years("party") == ["2026", "2025"]
    assert find_years("party on:2026-01-01") == ["2026"]
    assert find_years("party before:2026-01-01") == ["2025"]
    assert find_years("party after:2025-12-31") == ["2026"]
    assert find_years("party after:2025-12-30 before:2026-01-01") == ["2025"]
    assert find_years("party -on:2026-01-01") == ["2025"]


def test_a_page_of_hits_reads_no_more_characters_than_are_quick(
    general: Room, worker: RoomReaders, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.search.results.MAX_CHARACTERS", 1_000)
    wanted = say(general, ada, "to be or not to be").seq
    for _number in range(60):
        say(general, ada, "be good to me or not " * 5)
    index_all(worker)
    page, pages = search_messages(ada, '"to be or not"'), 1
    while page.older and not page.hits:
        page, pages = search_messages(ada, '"to be or not"', before=page.older), pages + 1
    assert [hit.message.seq for hit in page.hits] == [wanted]
    assert pages == 7, "each stops after the message that fills it: the tenth"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from:nobody", "Nobody is called “nobody”."),
        ("in:nowhere", "None of your rooms is called “nowhere”."),
        ("has:money", "Use has:file"),
        ("is:over", "Use is:thread"),
        ("on:2026-13-01", "is no day"),
        ("before:soon", "is no day"),
    ],
)
def test_a_filter_that_means_nothing_says_what_would(ada: User, general: Room, query: str, sentence: str) -> None:
    result = search_messages(ada, f"disk {query}")
    assert result.hits == []
    assert sentence in result.problems[0]


def test_a_name_that_several_have_lists_them(ada: User, general: Room) -> None:
    for name, handle in (("Sam A", "sam.a"), ("Sam B", "sam.b")):
        make_person(name, handle=handle)
    (problem,) = search_messages(ada, "from:sa").problems
    assert "from:sam.a" in problem
    assert "from:sam.b" in problem


HOSTILE = [
    "'",
    "\\",
    '"',
    "''':*",
    "a & b | !c",
    "NEAR(a b)",
    "* OR *",
    "=room1",
    "(",
    "-",
    "--",
    "-from:",
    "from:",
    ":",
    "\u0301" * 50,
    "%s",
    "a" * 200,
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_signs_that_mean_something_to_a_database_break_nothing(read: dict[str, int], ada: User, query: str) -> None:
    search_messages(ada, query)
    search_messages(ada, f"disk {query}")
    search_messages(ada, f'disk "{query}" -{query}')


def test_a_token_that_filters_cannot_be_typed(texts: dict[str, int], worker: RoomReaders, ada: User, ben: User) -> None:
    vault = make_room(ada, name="vault")
    say(vault, ada, "the combination is 1234")
    index_all(worker)
    assert search_messages(ben, f"=room{vault.pk}").hits == []
    query = parse_query(ben, f"=room{vault.pk}").make_token_query([1])
    assert all("=" not in token.text for clause in query.clauses[:-1] for tokens in clause for token in tokens)
    assert find_messages(query, 10**9, 10) == []
