"""Background tasks of rooms and notifications."""

from chat.notifications.mail import send_due_mails
from tasks.backend import task
from tasks.periodic import periodic


@periodic("* * * * *")
@task(max_tries=1)
def send_mails() -> None:
    send_due_mails()
