"""The first steps in a new workspace. Apps register theirs; admins see them in the first room until all are done."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts import access as accounts_access
from accounts import services as accounts_services
from accounts.http import AuthenticatedRequest
from accounts.models import User, Workspace
from accounts.page_user import HEADER
from accounts.views import build_invitation_link
from chat.access import member_rooms
from chat.models import Room

ALL_STEPS = "all"  # in Workspace.first_steps: they are no longer shown
MAX_MESSAGES = 100  # in the first room; after them the workspace is not new
INVITATION_DAYS = 7

State = dict[str, Any]  # the values of the template; "done" says whether the step is ticked


class FirstStep(NamedTuple):
    name: str
    order: int
    template: str
    read: Callable[[AuthenticatedRequest, Room | None], State]


_steps: list[FirstStep] = []


def register_first_step(step: FirstStep) -> None:
    _steps.append(step)
    _steps.sort(key=lambda step: step.order)


def list_step_names() -> set[str]:
    return {step.name for step in _steps}


def is_by_script(request: AuthenticatedRequest) -> bool:
    """The script of the room, which puts the steps of the response in place."""
    return HEADER in request.headers


def find_first_room(user: User) -> Room | None:
    """The oldest room that everybody joins."""
    rooms = member_rooms(user).filter(welcome=True, kind=Room.Kind.OPEN, archived_at=None)
    return rooms.order_by("pk").first()


def find_room_of_steps(user: User) -> int:
    """The room whose page shows the steps to this user; 0 if none does."""
    if not user.is_admin or ALL_STEPS in Workspace.current().first_steps:
        return 0
    room = find_first_room(user)
    return room.pk if room and room.seq <= MAX_MESSAGES else 0


def read_steps(request: AuthenticatedRequest) -> list[State]:
    """The steps that are open or done, without those that were skipped."""
    room, answered = find_first_room(request.user), Workspace.objects.get().first_steps
    states = [{"name": step.name, "template": step.template, **step.read(request, room)} for step in _steps]
    return [state for state in states if state["done"] or state["name"] not in answered]


def answer_request(request: AuthenticatedRequest, step: str = "", **values: object) -> HttpResponse:
    """The response to a form of a step. With ``values``, such as an error, they stand at that step."""
    if values or is_by_script(request):
        return render_steps(request, step, values)
    return redirect("first_steps")


def render_steps(request: AuthenticatedRequest, step: str = "", values: State | None = None) -> HttpResponse:
    steps = read_steps(request)
    for state in steps:
        if state["name"] == step:
            state.update(values or {})
    done, ended = all(state["done"] for state in steps), ALL_STEPS in Workspace.objects.get().first_steps
    if done and not ended:
        accounts_services.answer_first_step(ALL_STEPS)
    shown = steps if done or not ended else []
    return render(request, "chat/first_steps.html", {"steps": shown, "all_done": done})


def read_invitation_step(request: AuthenticatedRequest, room: Room | None) -> State:
    invitation = accounts_access.list_open_invitations(request.user).first()
    people = accounts_access.find_users().filter(is_active=True).count()
    return {
        "done": people > 1 or invitation is not None,
        "people": people,
        "invitation": invitation,
        "link": build_invitation_link(request, invitation) if invitation else "",
        "days": INVITATION_DAYS,
    }


register_first_step(FirstStep("invite", 1, "chat/first_step_invite.html", read_invitation_step))
