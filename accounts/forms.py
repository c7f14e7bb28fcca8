from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import access, invitations, names
from accounts.invitations import DEFAULT_DAYS, EXPIRY_CHOICES
from accounts.models import Invitation, Role, User, Workspace
from accounts.password_validators import PASSWORD_RULE
from accounts.reset_mail import request_reset_mail
from myweb.origins import get_site_origin
from myweb.smtp import is_mail_set_up
from myweb.text_cleaning import NameField

COLOUR_NAMES = [
    _("Blue"),
    _("Green"),
    _("Amber"),
    _("Violet"),
    _("Red"),
    _("Teal"),
    _("Rose"),
    _("Olive"),
    _("Indigo"),
    _("Jade"),
    _("Orange"),
    _("Plum"),
]


def make_name_field() -> NameField:
    widget = forms.TextInput(attrs={"autocomplete": "name"})
    return NameField(label=_("Your name"), max_length=60, widget=widget)


class InvitationClosed(Exception):
    """The invitation was used up or revoked while its holder filled in the form."""


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]
    name = make_name_field()
    field_order: ClassVar[list[str]] = ["name", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_RULE

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """The new user and the counted use of their invitation, or neither."""
        try:
            with transaction.atomic():
                self._count(access.get_held_invitation(request))
                return super().try_save(request)  # type: ignore[no-any-return]
        except IntegrityError:  # the same address, sent twice at once
            messages.error(request, gettext("Sign-up failed. If you already have an account, sign in."))
        except InvitationClosed:
            pass
        return None, redirect("account_signup")

    def _count(self, invitation: Invitation | None) -> None:
        counted = invitation is not None and invitations.count_invitation_use(invitation)
        if not counted and not settings.OPEN_SIGNUP:
            raise InvitationClosed


def label_password_fields(fields: dict[str, forms.Field]) -> None:
    """Gives them labels in the style of this site, and removes their placeholders."""
    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }
    for name in labels.keys() & fields.keys():
        fields[name].label = labels[name]
        fields[name].widget.attrs.pop("placeholder", None)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_password_fields(self.fields)


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_password_fields(self.fields)


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Does the same for every address, known or not."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email = self.clean_email()
        request_reset_mail(email, get_site_origin(request))
        return email


class WelcomeForm(forms.Form):
    workspace_name = NameField(
        label=_("Workspace name"),
        max_length=60,
        help_text=_("Your team, company or club. Shown at the top of every page."),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    name = make_name_field()
    email = forms.EmailField(label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=PASSWORD_RULE,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "password" in data:
            user = User(name=data.get("name", ""), email=data.get("email", ""))
            try:
                validate_password(data["password"], user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class WorkspaceForm(forms.Form):
    name = NameField(
        label=_("Workspace name"),
        max_length=60,
        help_text=_("Your team, company or club. Shown at the top of every page."),
    )
    language = forms.ChoiceField(
        label=_("Default language"),
        required=False,
        choices=Workspace._meta.get_field("language").choices or [],
        help_text=_("For everybody who has not chosen a language."),
    )
    mail_may_show_text = forms.TypedChoiceField(
        label=_("Mails of notifications"),
        choices=[("yes", _("Rooms, authors and words, if the user wants them")), ("no", _("Only that there is news"))],
        help_text=_("What leaves this server by mail."),
        coerce=lambda value: value == "yes",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_mail_set_up():
            del self.fields["mail_may_show_text"]


class CodeForm(forms.Form):
    """The part behind the # of a link, or the whole link."""

    code = forms.CharField(
        label=_("Link or code"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).rpartition("#")[2].strip()


class InvitationForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Expires after"),
        choices=EXPIRY_CHOICES,
        coerce=int,
        empty_value=None,
        required=False,
        initial=str(DEFAULT_DAYS),
    )
    max_uses = forms.IntegerField(
        label=_("Maximum number of uses"),
        required=False,
        min_value=1,
        max_value=10_000,
        widget=forms.NumberInput(attrs={"placeholder": _("Unlimited"), "inputmode": "numeric"}),
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=[choice for choice in Role.choices if choice[0] != Role.BOT])


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name", "handle", "colour"]

    name = make_name_field()
    handle = forms.CharField(
        label=_("Handle"),
        max_length=names.HANDLE_LENGTH,
        error_messages={"unique": _("This handle is already taken.")},
        help_text=_("Others type @ and this handle to mention you. Letters, digits, dots, hyphens and underscores."),
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false", "autocomplete": "username"}),
    )
    colour = forms.TypedChoiceField(
        label=_("Colour"), choices=list(enumerate(COLOUR_NAMES[: names.COLOURS])), coerce=int, widget=forms.RadioSelect
    )

    def clean_handle(self) -> str:
        return names.fold_handle(self.cleaned_data["handle"].removeprefix("@"))
