"""The page of the workspace: owners change its name and default language."""

import pytest
from django.test import Client

from accounts.models import User
from tests.support.cast import as_

pytestmark = pytest.mark.django_db


def change(client: Client, **fields: object) -> str:
    return client.post("/workspace/", {"name": "Harbour", "language": "", **fields}, follow=True).content.decode()


def test_only_owners_find_the_page(ada: User, ben: User, dora: User) -> None:
    assert [as_(user).get("/workspace/").status_code for user in (ada, ben, dora)] == [200, 404, 404]
    assert [as_(user).post("/workspace/", {"name": "Mine"}).status_code for user in (ben, dora)] == [404, 404]
    assert "/workspace/" in as_(ada).get("/people/").content.decode()
    assert "/workspace/" not in as_(dora).get("/people/").content.decode()


def test_a_new_name_is_on_every_page(ada: User, ben: User) -> None:
    assert "Saved." in change(as_(ada), name="Harbour <team>")
    assert "Harbour &lt;team&gt;" in as_(ben).get("/profile/").content.decode()


def test_the_default_language_is_for_everybody_who_chose_none(ada: User) -> None:
    change(as_(ada), language="zh-hans")
    visitor = Client(headers={"accept-language": "en"})
    assert '<html lang="zh-hans"' in visitor.get("/accounts/login/").content.decode()
    visitor.post("/i18n/setlang/", {"language": "en"})
    assert '<html lang="en"' in visitor.get("/accounts/login/").content.decode()
