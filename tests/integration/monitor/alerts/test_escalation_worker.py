"""The worker as a process calls the users of an escalation; it is killed between two steps."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room
from monitor.alerts.models import Alert
from monitor.oncall.models import CallAttempt, ContactSettings
from push.models import PushMessage
from tests.integration.push.conftest import Add, add_device, service
from tests.support.alerts import MakeRule, Site, fire, make_rule, said, web
from tests.support.background import wait_for, worker
from tests.support.boards import Given
from tests.support.mail_server import HERE, mail_server
from tests.support.push_service import PushService

__all__ = ["add_device", "make_rule", "service", "web"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_redis")]

LEASE = ("--lease", "3")


def test_a_worker_killed_between_two_steps_skips_no_call_and_repeats_only_the_one_it_was_making(
    make_rule: MakeRule,
    web: Given,
    room: Room,
    ada: User,
    ben: User,
    service: PushService,
    add_device: Add,
    settings: Settings,
    tmp_path: Path,
) -> None:
    rule, site, log = make_rule(repeat_every=0), Site(web), tmp_path / "log"
    fire(site)
    Alert.objects.update(began_at=timezone.now())
    phones = {user: service.browser(user.handle) for user in (ben, ada)}
    for minutes, (user, phone) in zip((5, 15), phones.items(), strict=True):
        add_device(user, phone)
        ContactSettings.objects.create(user=user, mail_after=0)
        rule.steps.create(after=minutes * 60, user=user)
    with mail_server(settings) as mails:
        place = {"EMAIL_HOST": HERE, "EMAIL_PORT": str(settings.EMAIL_PORT), "EMAIL_USE_TLS": "no"}
        place |= {"MYWEB_PUSH_PRIVATE": "yes", "REDIS_HOST": ""}
        mails.silent_at = b"RCPT"
        site.tend(timedelta(minutes=5))
        with worker(log, *LEASE, **place) as process:
            wait_for(lambda: bool(phones[ben].requests and mails.connections), log)
            wait_for(lambda: not PushMessage.objects.exists(), log)
            process.kill()
        mails.silent_at = b""
        site.tend(timedelta(minutes=15))
        with worker(log, *LEASE, **place):
            wait_for(lambda: not CallAttempt.objects.filter(sent_at=None).exists(), log)
            wait_for(lambda: not PushMessage.objects.exists(), log)
        assert mails.recipients == sorted([ada.email, ben.email])
    for phone in phones.values():
        assert [message["tag"] for message in phone.messages if message["tag"].startswith("alert.")] == [
            f"alert.{Alert.objects.get().pk}"
        ]
    assert [text.partition(":")[0] for text in said(room)] == [f"@{ben.handle}", f"@{ada.handle}"]
