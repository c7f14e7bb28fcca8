"""Pages of users, of invitations, and of the own profile."""

from io import BytesIO
from typing import NamedTuple

import segno
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import access, invitations, services
from accounts.forms import InvitationForm, ProfileForm, RoleForm
from accounts.models import Invitation, User
from accounts.sessions import keep_own_session
from accounts.settings_forms import answer_script, is_saved_by_script
from myweb.origins import build_site_url

MAX_USERS = 200


def get_signed_in_user(request: HttpRequest) -> User:
    """For the type checker: LoginRequiredMiddleware lets no other requests through."""
    assert isinstance(request.user, User)
    return request.user


@require_safe
def list_users(request: HttpRequest) -> HttpResponse:
    users, context = _find_listed_users(request)
    by = get_signed_in_user(request)
    rows = [(user, access.can_manage_user(by, user)) for user in users]
    return render(request, "accounts/people.html", {"rows": rows, **context})


def _find_listed_users(request: HttpRequest) -> tuple[list[User], dict[str, object]]:
    query = request.GET.get("q", "").strip()
    users = list(access.find_users(query)[: MAX_USERS + 1])
    context = {"more": len(users) > MAX_USERS, "query": query, "narrow": query or len(users) > 12}
    return users[:MAX_USERS], context


class MemberRow(NamedTuple):
    user: User
    managed: bool
    form: RoleForm | None  # None: the role can't be changed


@require_safe
def list_members(request: HttpRequest) -> HttpResponse:
    """The settings of users, for admins."""
    by = get_signed_in_user(request)
    open_invitations = access.list_open_invitations(by)
    users, context = _find_listed_users(request)
    rows = [
        MemberRow(
            user,
            access.can_manage_user(by, user),
            RoleForm(initial={"role": user.role}, auto_id=f"id_%s_{user.pk}") if by.is_owner else None,
        )
        for user in users
    ]
    context |= {
        "rows": rows,
        "total": access.find_users().filter(is_active=True).count(),
        "invitations": [(invitation, build_invitation_link(request, invitation)) for invitation in open_invitations],
    }
    return render(request, "accounts/members.html", context)


@require_safe
def show_settings(request: HttpRequest) -> HttpResponse:
    """The list of the pages of settings, for phones."""
    return render(request, "accounts/settings_index.html")


@require_safe
def show_user(request: HttpRequest, user_id: int) -> HttpResponse:
    managed_user = access.get_managed_user(get_signed_in_user(request), user_id)
    return _render_user_page(request, managed_user)


def _render_user_page(request: HttpRequest, managed_user: User, **more: object) -> HttpResponse:
    context = {"managed_user": managed_user, "form": RoleForm(initial={"role": managed_user.role}), **more}
    return render(request, "accounts/person.html", context)


@require_POST
def change_user_role(request: HttpRequest, user_id: int) -> HttpResponse:
    by = get_signed_in_user(request)
    managed_user = access.get_managed_user(by, user_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            services.set_role(by, managed_user, form.cleaned_data["role"])
        except services.Declined as declined:
            form.add_error("role", str(declined))
    if is_saved_by_script(request):
        return answer_script(form)
    if form.is_valid():
        messages.success(request, _("The role of %(name)s was changed.") % {"name": managed_user.name})
    for text in form.errors.get("role", []):
        messages.error(request, str(text))
    return redirect("people") if managed_user == by else redirect("person", user_id)


@require_POST
def change_user_activity(request: HttpRequest, user_id: int) -> HttpResponse:
    by = get_signed_in_user(request)
    managed_user = access.get_managed_user(by, user_id)
    try:
        services.set_active(by, managed_user, request.POST.get("active") == "yes")
    except services.Declined as declined:
        messages.error(request, str(declined))
    return redirect("person", user_id)


@require_POST
def make_reset_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Shows the link on the page, once: it is not stored."""
    by = get_signed_in_user(request)
    managed_user = access.get_managed_user(by, user_id)
    if managed_user == by or not managed_user.is_active:
        raise Http404
    link = build_site_url(f"{reverse('reset')}#{services.make_reset_key(managed_user)}", request)
    return _render_user_page(request, managed_user, reset_link=link)


def list_invitations(request: HttpRequest) -> HttpResponse:
    by = get_signed_in_user(request)
    open_invitations = access.list_open_invitations(by)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        invitation = invitations.create_invitation(by, **form.cleaned_data)
        return redirect(f"{reverse('invitations')}#invitation-{invitation.pk}")
    rows = [(invitation, build_invitation_link(request, invitation)) for invitation in open_invitations]
    return render(request, "accounts/invitations.html", {"form": form, "rows": rows})


def build_invitation_link(request: HttpRequest, invitation: Invitation) -> str:
    return build_site_url(f"{reverse('join')}#{invitation.token}", request)


@require_safe
def render_invitation_qr(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """The link as a QR code: black on white with its margin, whatever the page's colours are."""
    invitation = access.get_open_invitation(get_signed_in_user(request), invitation_id)
    image = BytesIO()
    segno.make_qr(build_invitation_link(request, invitation), error="m").save(
        image, kind="svg", scale=5, border=4, light="#fff"
    )
    return HttpResponse(image.getvalue(), content_type="image/svg+xml")


@require_POST
def revoke_open_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invitations.revoke_invitation(access.get_open_invitation(get_signed_in_user(request), invitation_id))
    messages.success(request, _("Link revoked."))
    return redirect("invitations")


@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    with keep_own_session(request):
        services.end_sessions(get_signed_in_user(request))
    messages.success(request, _("You were signed out on all other devices."))
    return redirect("profile")


def edit_profile(request: HttpRequest) -> HttpResponse:
    me = User.objects.get(pk=get_signed_in_user(request).pk)  # a copy, since the form also sets values that it rejects
    form = ProfileForm(request.POST or None, instance=me)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_profile(me, **form.cleaned_data)
            if is_saved_by_script(request):
                return answer_script(form, name=me.name, initials=me.initials, colour=me.colour)
            messages.success(request, _("Saved."))
            return redirect("profile")
        except IntegrityError:
            form.add_error("handle", _("This handle is already taken."))
    if is_saved_by_script(request):
        return answer_script(form)
    return render(request, "accounts/profile.html", {"form": form})
