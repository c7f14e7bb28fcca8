"""Calls a user by each of their methods, until a user acts. Each method is a background task."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from monitor.oncall.delivery import list_methods
from monitor.oncall.models import Call, CallAttempt, Method
from monitor.oncall.tasks import make_attempt
from push.protocol import PushPayload
from push.services import send_push

SHOWN_FOR = timedelta(days=1)  # a push that is older is not changed any more


@transaction.atomic
def call_user(user: User, cause: str, title: str, body: str, path: str, *, at_once: bool = False) -> Call:
    """Part of the transaction that causes it. It replaces an earlier call of this cause.

    ``at_once`` makes all attempts without their delays.
    """
    now = timezone.now()
    Call.objects.filter(user=user, cause=cause, ended_at=None).update(ended_at=now)
    call = Call.objects.create(user=user, cause=cause, title=title[:200], body=body, path=path, created_at=now)
    for planned in list_methods(user):
        due_at = now + timedelta(minutes=0 if at_once else planned.after)
        CallAttempt.objects.create(call=call, method=planned.method, due_at=due_at)
        make_attempt.using(key=f"call {call.pk} {planned.method}", run_after=due_at).enqueue(call.pk, planned.method)
    return call


@transaction.atomic
def end_calls(cause: str, title: str, body: str) -> None:
    """Nobody is called any more. Pushes of the last day change into this text."""
    now = timezone.now()
    Call.objects.filter(cause=cause, ended_at=None).update(ended_at=now)
    pushed = CallAttempt.objects.filter(
        call__cause=cause, call__created_at__gt=now - SHOWN_FOR, method=Method.PUSH, sent_at__isnull=False
    )
    paths = dict(pushed.values_list("call__user", "call__path"))
    for path in set(paths.values()):
        users = [user_id for user_id in paths if paths[user_id] == path]
        send_push(users, PushPayload(tag=cause, title=title, body=body, path=path))
