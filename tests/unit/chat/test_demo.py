import random
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from chat import demo


@pytest.mark.parametrize("seed", range(20))
def test_the_demo_was_said_in_order_and_never_in_the_future(seed: int) -> None:
    moments = demo.make_times(120, random.Random(seed))
    assert len(moments) == 120
    assert all(one < other for one, other in pairwise(moments))
    assert timedelta(minutes=2) < timezone.now() - moments[-1] < timedelta(minutes=5)


def test_nobody_of_the_demo_works_at_night() -> None:
    now = timezone.now()
    moments = demo.make_times(200, random.Random(1))
    assert all(moment.hour >= 7 for moment in moments if now - moment > timedelta(hours=10))


def test_everyone_who_speaks_in_the_demo_lives_in_it() -> None:
    from accounts.names import make_handle

    people = {make_handle(name) for name, _email in demo.USERS}
    speakers = {speaker for lines in demo.CONVERSATIONS.values() for speaker, _line in lines}
    assert speakers <= people
