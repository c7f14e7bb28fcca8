from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from monitor.oncall.apprise_delivery import is_member_address
from monitor.oncall.delivery import get_contact_settings
from myweb.encryption import encrypt_secret

MAX_MINUTES = 60


def minutes_field(label: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"aria-label": label})
    return forms.IntegerField(label=label, min_value=0, max_value=MAX_MINUTES, widget=widget)


class ContactForm(forms.Form):
    uses_mail = forms.BooleanField(label=_("Mail"), required=False)
    mail_after = minutes_field(_("Minutes until the mail"))
    address = forms.CharField(
        label=_("Apprise address"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": "ntfys://… tgram://… pover://…"}),
    )
    address_after = minutes_field(_("Minutes until the address"))
    forgets_address = forms.BooleanField(label=_("Forget the address"), required=False)

    def __init__(self, data: Any = None, *, user: User) -> None:
        self.contact = get_contact_settings(user)
        after = self.contact.mail_after
        initial = {
            "uses_mail": after is not None,
            "mail_after": 2 if after is None else after,
            "address_after": self.contact.address_after,
        }
        super().__init__(data, initial=initial)

    def clean_address(self) -> str:
        import apprise  # takes half a second to load

        address = str(self.cleaned_data["address"]).strip()
        if not address:
            return ""
        if not is_member_address(address):
            raise forms.ValidationError(
                _("This service is not allowed here. Possible are ntfys://, tgram://, pover://, discord:// and others.")
            )
        if apprise.Apprise.instantiate(address, suppress_exceptions=True) is None:
            raise forms.ValidationError(_("Apprise does not support this address. Check its format."))
        return address

    def save(self) -> None:
        data, contact = self.cleaned_data, self.contact
        contact.mail_after = data["mail_after"] if data["uses_mail"] else None
        contact.address_after = data["address_after"]
        if data["address"]:
            contact.sealed = encrypt_secret(data["address"])
        elif data["forgets_address"]:
            contact.sealed = ""
        contact.save()
