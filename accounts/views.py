"""The people of the house, their invitations, and one's own profile."""

from io import BytesIO

import segno
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import access, services
from accounts.forms import InvitationForm, ProfileForm, RoleForm
from accounts.models import Invitation, User
from accounts.sessions import own_session_kept
from myweb.origins import site_url

PEOPLE_SHOWN = 200


def signed_in(request: HttpRequest) -> User:
    """The middleware let nobody else through; this says so to the types."""
    assert isinstance(request.user, User)
    return request.user


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    found = list(access.people(query)[: PEOPLE_SHOWN + 1])
    by = signed_in(request)
    context = {
        "rows": [(person, access.may_manage(by, person)) for person in found[:PEOPLE_SHOWN]],
        "more": len(found) > PEOPLE_SHOWN,
        "query": query,
        "narrow": query or len(found) > 12,
    }
    return render(request, "accounts/people.html", context)


@require_safe
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    someone = access.get_managed_person(signed_in(request), person_id)
    return _person_page(request, someone)


def _person_page(request: HttpRequest, someone: User, **more: object) -> HttpResponse:
    context = {"person": someone, "form": RoleForm(initial={"role": someone.role}), **more}
    return render(request, "accounts/person.html", context)


@require_POST
def person_role(request: HttpRequest, person_id: int) -> HttpResponse:
    by = signed_in(request)
    someone = access.get_managed_person(by, person_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            services.set_role(by, someone, form.cleaned_data["role"])
            messages.success(request, _("The role of %(name)s was changed.") % {"name": someone.name})
        except services.Declined as declined:
            messages.error(request, str(declined))
    return redirect("people") if someone == by else redirect("person", person_id)


@require_POST
def person_active(request: HttpRequest, person_id: int) -> HttpResponse:
    by = signed_in(request)
    someone = access.get_managed_person(by, person_id)
    try:
        services.set_active(by, someone, request.POST.get("active") == "yes")
    except services.Declined as declined:
        messages.error(request, str(declined))
    return redirect("person", person_id)


@require_POST
def person_reset(request: HttpRequest, person_id: int) -> HttpResponse:
    """Answers with the page itself: the link is shown this once and kept nowhere."""
    by = signed_in(request)
    someone = access.get_managed_person(by, person_id)
    if someone == by or not someone.is_active:
        raise Http404
    link = site_url(f"{reverse('reset')}#{services.reset_key(someone)}", request)
    return _person_page(request, someone, reset_link=link)


def invitations(request: HttpRequest) -> HttpResponse:
    by = signed_in(request)
    waiting = access.open_invitations(by)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.invite(by, **form.cleaned_data)
        return redirect(f"{reverse('invitations')}#invitation-{made.pk}")
    rows = [(invitation, _link(request, invitation)) for invitation in waiting]
    return render(request, "accounts/invitations.html", {"form": form, "rows": rows})


def _link(request: HttpRequest, invitation: Invitation) -> str:
    return site_url(f"{reverse('join')}#{invitation.token}", request)


@require_safe
def invitation_code(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """The link as a QR code: black on white with its margin, whatever the page's colours are."""
    invitation = access.get_open_invitation(signed_in(request), invitation_id)
    image = BytesIO()
    segno.make_qr(_link(request, invitation), error="m").save(image, kind="svg", scale=5, border=4, light="#fff")
    return HttpResponse(image.getvalue(), content_type="image/svg+xml")


@require_POST
def invitation_revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    services.revoke(access.get_open_invitation(signed_in(request), invitation_id))
    messages.success(request, _("Link revoked."))
    return redirect("invitations")


@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    with own_session_kept(request):
        services.end_sessions(signed_in(request))
    messages.success(request, _("You were signed out on all other devices."))
    return redirect("profile")


def profile(request: HttpRequest) -> HttpResponse:
    me = User.objects.get(pk=signed_in(request).pk)  # a copy, for the form writes on it even what it refuses
    form = ProfileForm(request.POST or None, instance=me)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_profile(me, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("profile")
        except IntegrityError:
            form.add_error("handle", _("This handle is already taken."))
    return render(request, "accounts/profile.html", {"form": form})
