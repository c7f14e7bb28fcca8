"""Names, titles and topics, by every way in: what is seen is what is stored."""

import time
import unicodedata
from contextlib import suppress
from typing import Any, Literal

import pytest
from django.test import Client
from django.urls import reverse

from accounts import login_limits
from accounts.models import User, Workspace
from accounts.names import fold_handle, make_handle, validate_handle
from chat import services
from chat.message_services import send_message, set_reaction
from chat.message_validation import clean_body
from chat.models import Room
from monitor.alerts.models import Silence
from monitor.checks.probes.http import contains_text
from monitor.dashboards import spec
from monitor.dashboards.models import Wall
from monitor.status import services as status
from monitor.status.models import Component, Incident
from myweb.errors import Refused
from myweb.text_cleaning import clean_name, normalize_text
from tests.support.cast import as_

pytestmark = pytest.mark.django_db

BLANK = [
    "\u200b\u200b",
    "\u3164",
    "\u2800 \u2800",
    "\u202e",
    "\u00ad",
    "\ufeff",
    "\u0301",
    "\u115f\u1160",
    "\ue000",
    "\u200d",
]
MEANT = [
    "Ada Lovelace",
    "张伟",
    "می\u200cخواهم",  # Persian, with a joiner that keeps two letters apart
    "क्\u200dष",
    "👩\u200d💻 on call",
    "❤️ ops",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f fans",
    "Tomáš",
    "🫩",
    "葛\U000e0100城",  # a variant of the sign
    "❤\ufe0f\u200d🔥",
    "1\ufe0f\u20e3",
    "👩🏽\u200d💻",
    "မြွှေ့",
    "Vi\u1ec7t",
]


@pytest.mark.parametrize("name", MEANT)
def test_a_name_of_any_script_stays_as_it_is(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("report\u202efdp.exe", "reportfdp.exe"),
        ("\u2066Ada\u2069", "Ada"),
        ("A\u200bda", "Ada"),
        ("Ada\ufe0f", "Ada"),
        ("Ada\U000e0100", "Ada"),
        ("А\u200dда", "Ада"),
        ("张\u200c伟", "张伟"),
        ("张\ufe0f伟", "张伟"),
        ("ب\u200c\u200c\u200cب", "ب\u200cب"),
        ("🏴" + "\U000e0067" * 40 + "\U000e007f", "🏴"),
        ("a" + "\u0300" * 40, "à" + "\u0300" * 4),
        ("pay\u200dpal", "paypal"),
        ("  two\n\tlines\u2028here\u3000now ", "two lines here now"),
        ("Toma\u0301s\u030c", "Tomáš"),
        ("a\x00b\x1bc\ud800d", "abcd"),
    ],
)
def test_hidden_characters_leave_a_name(typed: str, stored: str) -> None:
    assert clean_name(typed) == stored


def refused(browser: Client, address: str, fields: dict[str, Any]) -> bool:
    answer = browser.post(address, fields)
    return answer.status_code == 200 and b"This name has no visible characters" in answer.content


@pytest.mark.parametrize("blank", BLANK[:3])
def test_no_form_takes_a_name_that_shows_nothing(ada: User, room: Room, blank: str) -> None:
    browser = as_(ada)
    profile = {"handle": "ada", "colour": "1"}
    assert refused(browser, reverse("profile"), {"name": blank, **profile})
    assert refused(browser, reverse("room_new"), {"name": blank, "kind": "open"})
    assert refused(browser, reverse("room_settings", args=[room.pk]), {"name": "fine", "description": blank})
    assert refused(browser, reverse("check_new") + "?kind=tcp", {"name": blank, "target": "localhost:1"})
    assert refused(browser, reverse("pushed_new"), {"name": blank, "every": "60"})
    assert refused(browser, reverse("beat_new"), {"name": blank})
    assert refused(browser, reverse("alert_rule_new"), {"title": blank})
    assert refused(browser, reverse("alert_routes"), {"name": blank})
    assert refused(browser, reverse("alert_integrations"), {"name": blank, "room": room.pk})
    assert refused(browser, reverse("alert_silences"), {"pattern": "*", "reason": blank})
    assert not Silence.objects.exists()
    page = {"title": blank, "part-TOTAL_FORMS": "1", "part-INITIAL_FORMS": "0", "part-0-title": blank}
    assert refused(browser, reverse("status_edit"), page)
    assert not Component.objects.exists()
    browser.post(reverse("incident_new"), {"title": blank, "impact": "minor"})
    browser.post(reverse("walls"), {"name": blank, "board": "host"})
    assert (Incident.objects.count(), Wall.objects.count()) == (0, 0)


@pytest.mark.parametrize("blank", BLANK)
def test_no_service_takes_a_name_that_shows_nothing(ada: User, room: Room, blank: str) -> None:
    with pytest.raises(Refused):
        services.create_room(ada, name=blank, kind="open")
    with pytest.raises(Refused):
        status.create_incident(ada, blank, "minor", room)
    with pytest.raises(Refused):
        spec.check_spec(spec.Spec(title=blank, panels=[]))
    with pytest.raises(Refused):
        spec.check_spec(spec.Spec(title="fine", panels=[spec.PanelSpec(title=blank, series=[])]))


@pytest.mark.parametrize("blank", BLANK[:2])
def test_the_first_visitor_names_the_workspace_and_themselves_with_something_to_see(db: None, blank: str) -> None:
    fields = {"workspace_name": blank, "name": blank, "email": "ada@example.com", "password": "correct horse battery"}
    answer = Client().post(reverse("welcome"), fields)
    assert answer.content.decode().count("This name has no visible characters") == 2
    assert not Workspace.objects.exists()


def test_a_direction_that_is_turned_is_turned_back(ada: User) -> None:
    as_(ada).post(reverse("room_new"), {"name": "logs\u202egpj.exe", "description": "\u2067x\u2069", "kind": "open"})
    assert Room.objects.filter(name="logsgpj.exe", description="x").exists()


def test_a_handle_has_no_letters_that_show_nothing() -> None:
    with pytest.raises(Exception, match="Use letters"):
        validate_handle("a\u1160b")
    assert make_handle("\u3164\u3164") == "someone"


def test_a_heart_with_and_without_its_variation_is_one_reaction(ada: User, ben: User, room: Room) -> None:
    sent = send_message(ada, room.pk, "00000000-0000-4000-8000-000000000001", "hello")
    set_reaction(ada, sent.message, "❤", True)
    set_reaction(ben, sent.message, "❤️", True)
    set_reaction(ben, sent.message, "👍🏽", True)
    set_reaction(ada, sent.message, "👍", True)
    from chat.models import Reaction

    signs = Reaction.objects.filter(message=sent.message).values_list("emoji", flat=True)
    assert sorted(signs) == sorted(["❤️", "❤️", "👍", "👍🏽"])
    set_reaction(ben, sent.message, "❤", False)
    assert Reaction.objects.filter(message=sent.message, emoji="❤️").count() == 1


@pytest.mark.parametrize("sign", ["❤❤", "x", "", "❤" * 5_000, "\ufe0f", "🏽"])
def test_a_reaction_is_one_emoji(ada: User, room: Room, sign: str) -> None:
    sent = send_message(ada, room.pk, "00000000-0000-4000-8000-000000000001", "hello")
    with pytest.raises(Refused):
        set_reaction(ada, sent.message, sign, True)


FORMS: tuple[Literal["NFC", "NFD", "NFKC"], ...] = ("NFC", "NFD", "NFKC")
MARKS = [
    "a" + "\u0301\u0323" * 30_000,
    "a" + "\u0301" * 30_000 + "\u0323" * 30_000,
    "\u0344" * 60_000,
    "a\u0301" * 30_000,
]


@pytest.mark.parametrize("text", MARKS, ids=["alternating", "two different types", "double", "apart"])
def test_a_heap_of_marks_holds_no_process(text: str) -> None:
    """``unicodedata`` takes seconds for it, in which nothing else runs."""
    begun = time.process_time()
    normalize_text("NFC", text)
    normalize_text("NFKC", text)
    clean_name(text)
    fold_handle(text)
    login_limits.make_account_key(text)
    contains_text(text, "ö")
    with suppress(Refused):
        clean_body(text)
    assert time.process_time() - begun < 1.0


def test_a_message_of_marks_costs_no_more_than_others() -> None:
    begun = time.process_time()
    clean_body("a" + "\u0301\u0323" * 4_900)
    assert time.process_time() - begun < 0.05


def test_text_with_usual_marks_is_normalized_as_ever() -> None:
    for text in ("Tomáš", "Vi\u0065\u0323\u0302t", "שָׁלוֹם", "مُحَمَّد", "a" + "\u0323\u0301" * 15, "！" * 100, "🏴" * 100):
        for form in FORMS:
            assert normalize_text(form, text) == unicodedata.normalize(form, text)
