from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Workspace


def house(_request: HttpRequest) -> dict[str, object]:
    return {"house": SimpleLazyObject(Workspace.current)}
