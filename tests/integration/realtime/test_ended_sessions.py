"""A new password, a sign-out on other devices and a new role reach open sockets at once; one's own stay."""

from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Role, Session, User
from monitor.metrics.models import Source
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import Close
from tests.conftest import Connect
from tests.support.cast import PASSWORD
from tests.support.wire import Tab

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 1.0  # seconds
NEW = "another good one"
FORMS: dict[str, dict[str, str]] = {
    "account_change_password": {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    "sign_out_elsewhere": {},
}


def browser_of(tab: Tab) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = tab.session
    return client


def post(client: Client, name: str) -> None:
    answer = client.post(reverse(name), FORMS[name])
    assert answer.status_code == 302, answer.content.decode()


@pytest.mark.parametrize("name", FORMS)
async def test_other_devices_are_cut_at_once_and_the_own_sockets_stay(
    connect: Connect, hub: Hub, ada: User, ben: User, name: str
) -> None:
    here = await connect(ben)
    beside, elsewhere, someone = await connect(ben, session=here.session), await connect(ben), await connect(ada)
    client = browser_of(here)
    await in_thread(post, client, name)
    assert await elsewhere.closed(SOON) == Close.SIGNED_OUT
    await in_thread(lambda: None)
    await hub.housekeeping.recheck_access()  # knows the session under its new key
    for tab in (here, beside, someone):
        await tab.caught_up()
        assert tab.code is None
    assert (await in_thread(client.get, "/profile/")).status_code == 200
    assert not await in_thread(Session.objects.filter(session_key=here.session).exists), "a stolen cookie is void"


@pytest.mark.parametrize("name", FORMS)
async def test_the_sockets_that_stayed_end_with_the_renewed_session(connect: Connect, ben: User, name: str) -> None:
    here = await connect(ben)
    client = browser_of(here)
    await in_thread(post, client, name)
    await here.caught_up()
    await in_thread(lambda: None)
    await in_thread(client.post, reverse("account_logout"))
    assert await here.closed(SOON) == Close.SIGNED_OUT


@pytest.mark.parametrize("name", FORMS)
async def test_the_other_process_cuts_and_keeps_the_same(
    connect: Connect, hub: Hub, other_hub: Hub, ben: User, name: str
) -> None:
    here, elsewhere = await connect(ben, on=other_hub), await connect(ben, on=other_hub)
    await in_thread(post, browser_of(here), name)
    assert await elsewhere.closed(SOON) == Close.SIGNED_OUT
    await other_hub.housekeeping.recheck_access()
    await here.caught_up()
    assert here.code is None


async def test_a_reset_password_cuts_every_device(connect: Connect, ada: User, ben: User) -> None:
    tabs, someone = [await connect(ben), await connect(ben)], await connect(ada)

    def reset() -> None:
        client = Client()
        form: Any = client.post("/reset/", {"code": services.make_reset_key(ben)})
        assert client.post(form.url, {"password1": NEW, "password2": NEW}).status_code == 302

    await in_thread(reset)
    for tab in tabs:
        assert await tab.closed(SOON) == Close.SIGNED_OUT
    await someone.caught_up()


async def test_a_password_changed_in_the_shell_cuts_every_device(
    connect: Connect, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ben)
    monkeypatch.setattr("getpass.getpass", lambda **_: NEW)
    await in_thread(call_command, "changepassword", "ben@example.com")
    assert await tab.closed(SOON) == Close.SIGNED_OUT


async def test_a_new_role_takes_effect_on_open_sockets_at_once(connect: Connect, ada: User, dora: User) -> None:
    await in_thread(lambda: Source.objects.create(key="host"))
    tab, other = await connect(dora), await connect(ada)
    await tab.ok("subscribe", stream="dashboard.host")
    await in_thread(services.set_role, ada, dora, Role.MEMBER)
    assert await tab.closed(SOON) == Close.RESTART
    back = await connect(dora, session=tab.session)
    assert (await back.error("subscribe", stream="dashboard.host"))["code"] == "not_found"
    await other.caught_up()


def test_signing_out_elsewhere_needs_a_post(ben: User) -> None:
    client = Client()
    client.force_login(ben)
    assert client.get(reverse("sign_out_elsewhere")).status_code == 405
