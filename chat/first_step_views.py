"""The page of the first steps, which the first room also shows, and the forms of the step that invites people."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from accounts import invitations
from accounts import services as accounts_services
from accounts.access import check_admin
from accounts.http import AuthenticatedRequest
from chat import first_steps
from myweb.errors import NotFound


@require_safe
def show_first_steps(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    return first_steps.render_steps(request)


@require_POST
def submit_first_invitation(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    invitations.create_invitation(request.user, days=first_steps.INVITATION_DAYS, max_uses=None)
    return first_steps.answer_request(request)


@require_POST
def submit_skipped_step(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    name = request.POST.get("step", "")
    if name not in first_steps.list_step_names():
        raise NotFound
    accounts_services.answer_first_step(name)
    return first_steps.answer_request(request)


@require_POST
def submit_dismissed_steps(request: AuthenticatedRequest) -> HttpResponse:
    """Owners hide them for everybody."""
    if not request.user.is_owner:
        raise NotFound
    accounts_services.answer_first_step(first_steps.ALL_STEPS)
    return first_steps.answer_request(request) if first_steps.is_by_script(request) else redirect("home")
