"""Calls a user by each of their methods, until a user acts. Each method is a background task."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from monitor.oncall import push
from monitor.oncall.delivery import list_methods
from monitor.oncall.models import Call, CallAttempt, Method
from monitor.oncall.tasks import make_attempt


@transaction.atomic
def call_user(user: User, cause: str, title: str, body: str, path: str) -> Call:
    """Part of the transaction that causes it. It replaces an earlier call of this cause."""
    now = timezone.now()
    Call.objects.filter(user=user, cause=cause, ended_at=None).update(ended_at=now)
    call = Call.objects.create(user=user, cause=cause, title=title[:200], body=body, path=path, created_at=now)
    for planned in list_methods(user):
        due_at = now + timedelta(minutes=planned.after)
        CallAttempt.objects.create(call=call, method=planned.method, due_at=due_at)
        make_attempt.using(key=f"call {call.pk} {planned.method}", run_after=due_at).enqueue(call.pk, planned.method)
    return call


@transaction.atomic
def end_calls(cause: str, title: str, body: str = "") -> None:
    """Nobody is called any more. Pushes that were sent change into this text."""
    calls = list(Call.objects.select_for_update().filter(cause=cause, ended_at=None))
    if not calls:
        return
    Call.objects.filter(pk__in=[call.pk for call in calls]).update(ended_at=timezone.now())
    pushed = Call.objects.filter(
        pk__in=[call.pk for call in calls], attempts__method=Method.PUSH, attempts__sent_at__isnull=False
    )
    user_ids = set(pushed.values_list("user_id", flat=True))
    push.push_to_devices(user_ids, tag=cause, title=title, body=body, path=calls[0].path, urgent=False)
