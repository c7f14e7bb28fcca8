"""Two people in the same moment: one first visit, one last use of a link, one last owner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts import invitations, services
from accounts.models import Invitation, Role, User
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """What each came to, an exception included, when all are called in the same moment."""
    together = Barrier(len(verbs))

    def call(verb: Callable[[], object]) -> object:
        together.wait(10)
        try:
            return verb()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(call, verbs))


def test_of_many_first_visitors_one_owns_the_house() -> None:
    def visit(number: int) -> Callable[[], object]:
        email = f"visitor{number}@example.com"
        return lambda: services.create_workspace(workspace_name="House", name="Visitor", email=email, password=PASSWORD)

    came_to = at_once(*(visit(number) for number in range(6)))
    assert User.objects.count() == 1
    assert sum(isinstance(each, services.WorkspaceExists) for each in came_to) == 5


def test_the_last_use_of_a_link_goes_to_one(ada: User) -> None:
    invitation = invitations.create_invitation(ada, days=None, max_uses=2)
    counted = at_once(*[lambda: invitations.count_invitation_use(invitation)] * 6)
    assert sorted(map(bool, counted)) == [False] * 4 + [True] * 2
    assert Invitation.objects.get().uses == 2


def test_two_owners_cannot_demote_each_other(ada: User, ben: User) -> None:
    services.set_role(ada, ben, Role.OWNER)
    at_once(
        lambda: services.set_role(ada, User.objects.get(pk=ben.pk), Role.MEMBER),
        lambda: services.set_role(ben, User.objects.get(pk=ada.pk), Role.MEMBER),
    )
    assert User.objects.filter(role=Role.OWNER).count() == 1


def test_people_of_one_name_who_come_at_once_all_get_in(ada: User) -> None:
    def come(number: int) -> Callable[[], object]:
        return lambda: User.objects.create_user(f"sam{number}@example.com", name="Sam")

    at_once(*(come(number) for number in range(5)))
    assert sorted(User.objects.filter(name="Sam").values_list("handle", flat=True)) == [
        "sam",
        "sam2",
        "sam3",
        "sam4",
        "sam5",
    ]
