from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import House


def house(_request: HttpRequest) -> dict[str, object]:
    return {"house": SimpleLazyObject(House.current)}
