"""Views of sign-in and sign-up: the first visit, invitations, and new passwords."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps

from allauth.account import views as allauth_views
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
from accounts.sessions import keep_own_session
from myweb.masking import strip_token_prefix

View = Callable[..., HttpResponse]


def require_workspace(view: View) -> View:
    """Redirects to the first visit as long as there is no workspace."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated and access.has_no_users():
            return redirect("welcome")
        return view(request, *args, **kwargs)

    return wrapped


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def set_up_workspace(request: HttpRequest) -> HttpResponse:
    if not access.has_no_users():
        return redirect("/")
    form = WelcomeForm(request.POST or None)
    if form.is_valid():
        response = redirect("/")
        with suppress(services.WorkspaceExists):
            owner = services.create_workspace(**form.cleaned_data)
            login(request, owner)
            remember_browser(request, response, owner)
        return response
    return render(request, "accounts/welcome.html", {"form": form})


@login_not_required
@never_cache
def open_invitation(request: HttpRequest) -> HttpResponse:
    """Takes an invitation's code from a script: it stands behind the #, where no server log can see it."""
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
def open_reset_link(request: HttpRequest) -> HttpResponse:
    """Like ``open_invitation``, for the key of a password reset; allauth finds it in the session."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        uid, _, key = strip_token_prefix("reset", form.cleaned_data["code"]).partition("-")
        request.session[allauth_views.INTERNAL_RESET_SESSION_KEY] = key
        known = uid if uid.isascii() and uid.isalnum() else "0"  # no user has it
        own_url = allauth_views.PasswordResetFromKeyView.reset_url_key
        response: HttpResponse = redirect("account_reset_password_from_key", uidb36=known, key=own_url)
        return response
    return render(request, "accounts/reset.html", {"form": form})


class WithoutPlaceholders:
    """Removes placeholders, which only repeat the labels."""

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form: Form = super().get_form(form_class)  # type: ignore[misc]
        for field in form.fields.values():
            field.widget.attrs.pop("placeholder", None)
        return form


class SignInView(WithoutPlaceholders, allauth_views.LoginView):  # type: ignore[misc]
    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form = super().get_form(form_class)
        form.fields["login"].widget.attrs["autofocus"] = True
        return form

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | {"may_join": get_adapter().is_open_for_signup(self.request)}


class SignUpView(WithoutPlaceholders, allauth_views.SignupView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | {"invitation": access.get_held_invitation(self.request)}


@method_decorator(login_not_required, name="dispatch")
class RequestPasswordResetView(WithoutPlaceholders, allauth_views.PasswordResetView):  # type: ignore[misc]
    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.EMAIL_HOST and not settings.DEBUG:  # the console would print the link into the log
            return render(request, "account/password_reset_by_admin.html")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


class ChooseNewPasswordView(WithoutPlaceholders, allauth_views.PasswordResetFromKeyView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        services.announce_ended_sessions(self.reset_user)
        return response


class ChangePasswordView(WithoutPlaceholders, allauth_views.PasswordChangeView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        with keep_own_session(self.request):
            response: HttpResponse = super().form_valid(form)
        return response


class SetPasswordView(WithoutPlaceholders, allauth_views.PasswordSetView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        with keep_own_session(self.request):
            response: HttpResponse = super().form_valid(form)
        return response


@login_not_required
def redirect_admin_login(request: HttpRequest) -> HttpResponse:
    """Django's own sign-in has no rate limit, so its URL redirects to ours. Only owners get past."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
