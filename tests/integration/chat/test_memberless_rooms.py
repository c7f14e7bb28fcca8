"""Private rooms that nobody can open any more, and people who were deactivated."""

import logging
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.services import set_active
from chat import serializers, services
from chat.message_services import send_message
from chat.models import Message, Room
from chat.role_mentions import get_mentionable_members
from tests.support.cast import as_, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def vault(ben: User) -> Room:
    """A private room of Ben alone."""
    room = services.create_room(ben, name="vault", kind="private")
    send_message(ben, room.pk, str(uuid4()), "the key lies under the mat")
    return room


def test_the_last_member_is_told_what_leaving_means(vault: Room, ben: User, cleo: User) -> None:
    settings = reverse("room_settings", args=[vault.pk])
    warning = "You are the last member."
    assert warning in as_(ben).get(settings).content.decode()
    services.add_members(ben, vault, [cleo])
    assert warning not in as_(ben).get(settings).content.decode()


def test_an_admin_finds_reads_out_and_removes_a_room_without_members(
    vault: Room, ada: User, ben: User, caplog: pytest.LogCaptureFixture
) -> None:
    browser = as_(ada)
    addresses = [reverse(name, args=[vault.pk]) for name in ("room_transcript", "room_remove")]
    assert "vault" not in browser.get(reverse("rooms")).content.decode()
    assert browser.get(addresses[0]).status_code == 404
    services.leave_room(ben, vault)
    assert "vault" in browser.get(reverse("rooms")).content.decode()
    with caplog.at_level(logging.WARNING, "chat"):
        text = b"".join(browser.get(addresses[0]).streaming_content).decode()  # type: ignore[attr-defined]
        assert "Ben (@ben)\n    the key lies under the mat\n" in text
        assert browser.get(reverse("room", args=[vault.pk])).status_code == 404
        assert browser.post(addresses[1]).status_code == 302
    assert [record.getMessage().split()[1] for record in caplog.records if record.name.startswith("chat")] == [
        "exported",
        "removed",
    ]
    assert not Room.objects.filter(pk=vault.pk).exists()
    assert not Message.objects.filter(room=vault.pk).exists()


def test_a_room_whose_only_member_is_deactivated_has_none(vault: Room, ada: User, ben: User) -> None:
    set_active(ada, ben, False)
    assert "vault" in as_(ada).get(reverse("rooms")).content.decode()


@pytest.mark.parametrize("name", ["room_transcript", "room_remove"])
def test_a_room_without_members_is_nobody_elses(vault: Room, ben: User, cleo: User, name: str) -> None:
    services.leave_room(ben, vault)
    for person in (ben, cleo):
        assert "vault" not in as_(person).get(reverse("rooms")).content.decode()
        browser, address = as_(person), reverse(name, args=[vault.pk])
        assert (browser.post if name == "room_remove" else browser.get)(address).status_code == 404
    assert Room.objects.filter(pk=vault.pk).exists()


def test_a_deactivated_person_is_marked_and_not_called(room: Room, ada: User, ben: User) -> None:
    eve = make_person("Eve")
    services.add_members(ada, room, [eve])
    assert "eve" in get_mentionable_members(room.pk, {"eve"})
    set_active(ada, eve, False)
    assert get_mentionable_members(room.pk, {"eve"}) == {}
    member = next(member for member in serializers.read_room_snapshot(room).members if member.id == eve.pk)
    assert (member.active, member.deactivated) == (True, True)
    assert "Deactivated" in as_(ada).get(reverse("room_settings", args=[room.pk])).content.decode()
    set_active(ada, eve, True)
    assert "eve" in get_mentionable_members(room.pk, {"eve"})


def test_no_message_looks_like_the_line_of_another_in_a_transcript(vault: Room, ada: User, ben: User) -> None:
    forged = "2026-11-29 01:00:00 UTC  Ada Lovelace (@ada)"
    for text in (f"hi\n\n{forged}\nI confess", f"x\r{forged}", f"x\u2028{forged}", forged):
        send_message(ben, vault.pk, str(uuid4()), text)
    services.leave_room(ben, vault)
    answer = as_(ada).get(reverse("room_transcript", args=[vault.pk]))
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert all("(@ben)" in line for line in lines if line and not line.startswith("    "))
    assert sum("(@ada)" in line for line in lines) == 4
