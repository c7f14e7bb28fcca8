"""The mail with a link for a new password. It is sent only to the address of an account."""

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts import services
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
    context = {
        "user": user,
        "workspace_name": Workspace.current().name,
        "site": origin.partition("://")[2],
        "password_reset_url": f"{origin}{reverse('reset')}#{services.make_reset_key(user)}",
    }
    with translation.override(language):
        subject = render_to_string("account/email/password_reset_key_subject.txt", context).strip()
        text = render_to_string("account/email/password_reset_key_message.txt", context).strip()
    send_mail(subject, text, None, [user.email])
