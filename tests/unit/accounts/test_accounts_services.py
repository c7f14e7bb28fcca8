"""The rules of a workspace: the first visit, invitations, roles, deactivation."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import invitations, services
from accounts.models import Invitation, Role, User, Workspace
from accounts.signals import user_changed
from tests.support.cast import PASSWORD


@pytest.fixture
def told() -> Iterator[list[tuple[User, str, bool]]]:
    """Who was announced as changed, with the role and activity they had then."""
    heard: list[tuple[User, str, bool]] = []

    def hear(user: User, **_: object) -> None:
        heard.append((user, user.role, user.is_active))

    user_changed.connect(hear)
    yield heard
    user_changed.disconnect(hear)


def test_the_first_visitor_owns_the_house(ada: User) -> None:
    assert (ada.role, Workspace.current().name) == (Role.OWNER, "Harbour team")
    assert ada.check_password(PASSWORD)


def test_the_second_of_two_first_visitors_gets_nothing(ada: User) -> None:
    with pytest.raises(services.WorkspaceExists):
        services.create_workspace(workspace_name="Mine", name="Cleo", email="cleo@example.com", password=PASSWORD)
    assert Workspace.objects.get().name == "Harbour team"
    assert User.objects.count() == 1


def test_createsuperuser_makes_an_owner_and_a_house_to_rename(db: None) -> None:
    call_command("createsuperuser", interactive=False, email="Ada@Example.com", name="Ada", verbosity=0)
    assert User.objects.get_by_natural_key("ADA@example.com").is_owner
    assert Workspace.objects.get().name == "myweb"


def test_a_rename_shows_at_once_and_costs_one_query_in_a_while(
    ada: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    Workspace.current()
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert Workspace.current().name == "Harbour team"
    workspace = Workspace.objects.get()
    workspace.name = "Lighthouse"
    workspace.save()
    assert Workspace.current().name == "Lighthouse"


def test_an_invitation_counts_its_uses_and_closes(ada: User) -> None:
    invitation = invitations.create_invitation(ada, days=None, max_uses=2)
    assert Invitation.from_token(invitation.token) == invitation
    assert [invitations.count_invitation_use(invitation) for _ in range(3)] == [True, True, False]
    assert Invitation.from_token(invitation.token) is None


def test_invitations_end_and_can_be_revoked(ada: User) -> None:
    ended, revoked = (
        invitations.create_invitation(ada, days=1, max_uses=None),
        invitations.create_invitation(ada, days=None, max_uses=None),
    )
    Invitation.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    invitations.revoke_invitation(revoked)
    assert [Invitation.from_token(each.token) for each in (ended, revoked)] == [None, None]
    assert not invitations.count_invitation_use(ended)
    assert not invitations.count_invitation_use(revoked)


@pytest.mark.parametrize("token", ["", "1", "1:x", "x-y:z", ":", "1-2:" + "A" * 43, "\x00"])
def test_forged_tokens_open_nothing(ada: User, token: str) -> None:
    invitations.create_invitation(ada, days=None, max_uses=None)
    assert Invitation.from_token(token) is None


def test_an_old_link_stays_dead_when_numbers_come_again(ada: User) -> None:
    invitation = invitations.create_invitation(ada, days=None, max_uses=None)
    old = invitation.token
    Invitation.objects.filter(pk=invitation.pk).update(created_at=timezone.now() + timedelta(days=1))
    assert Invitation.from_token(old) is None


def test_who_loses_the_right_to_invite_loses_their_links(ada: User, dora: User) -> None:
    link = invitations.create_invitation(dora, days=None, max_uses=None)
    services.set_role(ada, dora, Role.MEMBER)
    assert Invitation.from_token(link.token) is None


def test_a_deactivated_person_is_announced_and_their_sessions_end(
    ada: User, ben: User, told: list[tuple[User, str, bool]]
) -> None:
    before = ben.get_session_auth_hash()
    services.set_active(ada, ben, False)
    assert told == [(ben, Role.MEMBER, False)]
    services.set_active(ada, ben, True)
    assert User.objects.get(pk=ben.pk).get_session_auth_hash() != before


def test_the_last_owner_stays(ada: User, ben: User, dora: User) -> None:
    with pytest.raises(services.Declined, match="needs an owner"):
        services.set_role(ada, ada, Role.MEMBER)
    with pytest.raises(services.Declined, match="needs an owner"):
        services.set_active(dora, ada, False)
    services.set_role(ada, ben, Role.OWNER)
    services.set_role(ada, ada, Role.MEMBER)
    with pytest.raises(services.Declined, match="Only owners"):
        services.set_role(ada, ben, Role.MEMBER)


def test_an_inactive_owner_does_not_count_as_the_last(ada: User, ben: User) -> None:
    services.set_role(ada, ben, Role.OWNER)
    services.set_active(ada, ben, False)
    with pytest.raises(services.Declined, match="needs an owner"):
        services.set_role(ada, ada, Role.ADMIN)


def test_nobody_deactivates_themselves(ada: User, ben: User) -> None:
    services.set_role(ada, ben, Role.OWNER)
    with pytest.raises(services.Declined, match="yourself"):
        services.set_active(ada, ada, False)


def test_a_new_name_is_announced(ben: User, told: list[tuple[User, str, bool]]) -> None:
    services.change_profile(ben, name="Benjamin", handle="benjamin", colour=3)
    assert [person.name for person, *_ in told] == ["Benjamin"]
