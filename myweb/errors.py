"""Errors with the same response on pages, in JSON and on sockets."""

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

M = TypeVar("M", bound=Model)


class Error(msgspec.Struct, omit_defaults=True):
    """Why a command failed."""

    code: str  # malformed, unknown, not_found, forbidden, invalid, too_long, too_fast, unavailable, internal
    text: str  # one sentence for the user
    retry: bool  # the same command may succeed later
    wait: float | None = None  # seconds, after which it will


class Refused(Exception):
    """A command that can't be executed: becomes an error answer. ``retry`` says whether repeating it later makes sense.

    ``text`` may be lazy: it is translated into the language of the user who gets the answer. ``wait`` is in seconds.
    ``field`` names the value that is wrong, so that a form can show the text beside it.
    """

    def __init__(
        self, code: str, text: "str | StrPromise", retry: bool = False, wait: float | None = None, field: str = ""
    ) -> None:
        super().__init__(text)
        self.code, self.text, self.retry, self.wait, self.field = code, text, retry, wait, field

    def answer(self) -> Error:
        return Error(self.code, str(self.text), self.retry, self.wait)


class NotFound(Refused, Http404):
    """A page answers 404, a socket answers ``not_found``."""

    def __init__(self) -> None:
        super().__init__("not_found", _("Not found, or you don't have access."))


def get_or_not_found(queryset: QuerySet[M], **conditions: Any) -> M:
    """The only object that matches, among those that the user has access to. Raises :class:`NotFound`."""
    instance = queryset.filter(**conditions).first()
    if instance is None:
        raise NotFound
    return instance
