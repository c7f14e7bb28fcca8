from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Workspace
from myweb.smtp import is_mail_set_up


def add_workspace(_request: HttpRequest) -> dict[str, object]:
    return {"workspace": SimpleLazyObject(Workspace.current), "mail_is_set_up": is_mail_set_up()}
