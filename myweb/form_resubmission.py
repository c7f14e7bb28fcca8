"""The fields of a rejected form, to submit it again or to copy its texts. Pages never contain its secrets."""

from django.conf import settings
from django.http import HttpRequest

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
SECRETS = ("password", "token", "secret", "bearer")  # parts of the names of fields
SECRET_NAMES = {"code", "address"}  # of a link; of a notification channel
PAGE_FIELDS = {"csrfmiddlewaretoken", "page_user"}  # every page has its own values
MAX_CHARACTERS = 200_000  # characters that a page contains at most

Fields = list[tuple[str, str]]


def is_form(request: HttpRequest) -> bool:
    return request.content_type in FORMS


def is_same_origin(request: HttpRequest) -> bool:
    """The browser's headers say that the form came from a page of this site."""
    origin, site = request.headers.get("Origin", ""), request.headers.get("Sec-Fetch-Site", "")
    return origin.lower() in settings.ORIGINS or (not origin and site == "same-origin")


def is_secret(name: str) -> bool:
    return name in SECRET_NAMES or any(part in name.lower() for part in SECRETS)


def read_fields(request: HttpRequest) -> Fields:
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in PAGE_FIELDS]
    return fields if sum(len(value) for _name, value in fields) <= MAX_CHARACTERS else []


def get_resubmittable_fields(request: HttpRequest) -> Fields | None:
    """For sending the form again by a button. None if that takes a secret, or a file, or is too much for a page."""
    fields = read_fields(request)
    lost = request.FILES or not (fields or PAGE_FIELDS.issuperset(request.POST))
    return None if lost or any(is_secret(name) for name, _value in fields) else fields


def get_typed_texts(request: HttpRequest) -> list[str]:
    """Texts that the user probably typed, unlike values that the form set by itself."""
    return [
        value for name, value in read_fields(request) if not is_secret(name) and len(value) > 3 and not value.isdigit()
    ]
