"""Ways in: the first visit, invitations, signing in and up, and choosing a new password."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps

from allauth.account import views as doors
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import access, services
from accounts.forms import CodeForm, WelcomeForm
from accounts.login_limits import remember_browser
from accounts.models import Invitation
from accounts.sessions import own_session_kept
from myweb.masking import without_prefix

View = Callable[..., HttpResponse]


def settled(view: View) -> View:
    """On an empty site every way in leads to the first visit."""

    @wraps(view)
    def led(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated and access.is_empty():
            return redirect("welcome")
        return view(request, *args, **kwargs)

    return led


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def welcome(request: HttpRequest) -> HttpResponse:
    if not access.is_empty():
        return redirect("/")
    form = WelcomeForm(request.POST or None)
    if form.is_valid():
        response = redirect("/")
        with suppress(services.AlreadySettled):
            owner = services.create_workspace(**form.cleaned_data)
            login(request, owner)
            remember_browser(request, response, owner)
        return response
    return render(request, "accounts/welcome.html", {"form": form})


@login_not_required
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """Takes an invitation's code from a script that found it behind the #, where no server log can see it."""
    if request.user.is_authenticated:
        return render(request, "accounts/joined.html")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        invitation = Invitation.from_token(form.cleaned_data["code"])
        if invitation is None:
            return render(request, "accounts/join_closed.html", status=410)
        request.session[access.INVITATION_KEY] = invitation.pk
        return redirect("account_signup")
    return render(request, "accounts/join.html", {"form": form})


@login_not_required
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    """Like ``join``, for the key that lets someone choose a new password; allauth finds it in the session."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        uid, _, key = without_prefix("reset", form.cleaned_data["code"]).partition("-")
        request.session[doors.INTERNAL_RESET_SESSION_KEY] = key
        known = uid if uid.isascii() and uid.isalnum() else "0"  # nobody's
        own_url = doors.PasswordResetFromKeyView.reset_url_key
        response: HttpResponse = redirect("account_reset_password_from_key", uidb36=known, key=own_url)
        return response
    return render(request, "accounts/reset.html", {"form": form})


class Plain:
    """Labels stand above the fields; the same words inside them are noise."""

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form: Form = super().get_form(form_class)  # type: ignore[misc]
        for field in form.fields.values():
            field.widget.attrs.pop("placeholder", None)
        return form


class SignIn(Plain, doors.LoginView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | {"may_join": get_adapter().is_open_for_signup(self.request)}


class SignUp(Plain, doors.SignupView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | {"invitation": access.held_invitation(self.request)}


@method_decorator(login_not_required, name="dispatch")
class ForgottenPassword(Plain, doors.PasswordResetView):  # type: ignore[misc]
    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.EMAIL_HOST and not settings.DEBUG:  # the console would print the link into the log
            return render(request, "account/password_reset_by_admin.html")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


class ChoosePassword(Plain, doors.PasswordResetFromKeyView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        services.announce_ended_sessions(self.reset_user)
        return response


class ChangePassword(Plain, doors.PasswordChangeView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        with own_session_kept(self.request):
            response: HttpResponse = super().form_valid(form)
        return response


class SetPassword(Plain, doors.PasswordSetView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        with own_session_kept(self.request):
            response: HttpResponse = super().form_valid(form)
        return response


@login_not_required
def admin_door(request: HttpRequest) -> HttpResponse:
    """Django's own sign-in has no limit on attempts, so its place leads to ours; only owners get past."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
