"""The mail with a link for a new password. It is sent only to the address of an account."""

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import services
from accounts.mail import Mail, build_message
from accounts.mail_queue import mail_queue
from accounts.models import Role, User, Workspace


def request_reset_mail(email: str, origin: str) -> None:
    """Returns at once and does the same for every address: the thread looks the user up, too."""
    language = translation.get_language()
    mail_queue.submit(lambda: send_reset_mail(email, origin, language))


def send_reset_mail(email: str, origin: str, language: str | None) -> None:
    user = User.objects.exclude(role=Role.BOT).filter(email=email.lower(), is_active=True).first()
    if user is None:
        return
    with translation.override(language):
        build_message(make_reset_mail(user, origin), user.email, origin).send()


def make_reset_mail(user: User, origin: str) -> Mail:
    return Mail(
        subject=_("Reset your password for %(workspace)s") % {"workspace": Workspace.current().name},
        lines=(
            _("Hello %(name)s,") % {"name": user.name},
            _("we received a request to reset your password. Choose a new one here:"),
        ),
        button=_("Choose a new password"),
        url=f"{origin}{reverse('reset')}#{services.make_reset_key(user)}",
        notes=(
            _(
                "The link works once and expires in three days. If you did not request it, ignore this mail: your "
                "password stays the same."
            ),
        ),
    )
