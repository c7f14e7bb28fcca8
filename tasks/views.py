"""The page of admins on background tasks."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.views import get_signed_in_user
from myweb.errors import NotFound
from tasks import access, services
from tasks.models import QueuedTask
from tasks.status import read_queue_status

MAX_ROWS = 50  # of a list


@require_safe
def show_tasks(request: HttpRequest) -> HttpResponse:
    by = get_signed_in_user(request)
    try:
        failed, unfinished = access.list_failed_tasks(by), access.list_unfinished_tasks(by)
    except NotFound:
        raise Http404 from None
    context = {"status": read_queue_status(), "failed": failed[:MAX_ROWS], "unfinished": unfinished[:MAX_ROWS]}
    return render(request, "tasks/tasks.html", context)


@require_POST
def retry_task(request: HttpRequest, task_id: int) -> HttpResponse:
    services.retry_failed_task(get_failed_task(request, task_id))
    messages.success(request, _("The task runs again."))
    return redirect("tasks")


@require_POST
def discard_task(request: HttpRequest, task_id: int) -> HttpResponse:
    services.discard_failed_task(get_failed_task(request, task_id))
    messages.success(request, _("The task was discarded."))
    return redirect("tasks")


def get_failed_task(request: HttpRequest, task_id: int) -> QueuedTask:
    try:
        return access.get_failed_task(get_signed_in_user(request), task_id)
    except NotFound:
        raise Http404 from None
