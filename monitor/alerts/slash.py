"""The slash command ``/drill``."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from chat.slash import SlashRequest, slash_command
from monitor.alerts import drills
from monitor.alerts.tasks import report_drill


@slash_command("drill", "", gettext_lazy("Send a false alert to those who are on call, and report how it went"))
def run_drill(request: SlashRequest) -> None:
    with transaction.atomic():
        alert = drills.begin_drill(request.by, request.room)
        report_drill.using(run_after=timezone.now() + drills.REPORT_AFTER).enqueue(alert.pk)
