"""What a refused form held, to be sent again or to be copied. Secrets never go back into a page."""

from django.conf import settings
from django.http import HttpRequest

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
SECRETS = ("password", "token", "secret", "bearer")  # parts of the names of fields
SECRET_NAMES = {"code", "address"}  # of a link; of a service that is told of alerts
OWN = {"csrfmiddlewaretoken", "page_user"}  # each page has its own
LARGEST = 200_000  # characters that a page gives back

Fields = list[tuple[str, str]]


def is_form(request: HttpRequest) -> bool:
    return request.content_type in FORMS


def is_same_origin(request: HttpRequest) -> bool:
    """A browser vouches that the form came from a page of this site."""
    origin, site = request.headers.get("Origin", ""), request.headers.get("Sec-Fetch-Site", "")
    return origin.lower() in settings.ORIGINS or (not origin and site == "same-origin")


def is_secret(name: str) -> bool:
    return name in SECRET_NAMES or any(part in name.lower() for part in SECRETS)


def sent(request: HttpRequest) -> Fields:
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in OWN]
    return fields if sum(len(value) for _name, value in fields) <= LARGEST else []


def fields(request: HttpRequest) -> Fields | None:
    """For sending the form again by a button. None if that takes a secret, or a file, or is too much for a page."""
    found = sent(request)
    lost = request.FILES or not (found or OWN.issuperset(request.POST))
    return None if lost or any(is_secret(name) for name, _value in found) else found


def words(request: HttpRequest) -> list[str]:
    """What a person typed, as far as it can be told from what the form chose by itself."""
    return [value for name, value in sent(request) if not is_secret(name) and len(value) > 3 and not value.isdigit()]
