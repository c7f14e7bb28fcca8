from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Workspace


def add_workspace(_request: HttpRequest) -> dict[str, object]:
    return {"workspace": SimpleLazyObject(Workspace.current)}
