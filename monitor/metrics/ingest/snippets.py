"""Shell commands to copy that push values or report runs."""

from typing import NamedTuple

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from myweb.origins import build_site_url

PLACEHOLDER = "$TOKEN"  # on pages other than the one that shows the token


class Snippet(NamedTuple):
    what: Promise
    text: str


def build_push_snippets(request: HttpRequest, token: str = PLACEHOLDER) -> list[Snippet]:
    address = build_site_url("/api/push/", request)
    header = f'-H "Authorization: Bearer {token}"'
    return [
        Snippet(
            _("One value. The token is in a header, so it appears in no access log"),
            f"curl {header} -d 42 {address}queue.length",
        ),
        Snippet(_("Shorter, with the token in the URL"), f"curl -d 21.5 {address}{token}/office.temperature"),
        Snippet(
            _("Several values, one per line"),
            f"printf 'load 0.5\\njobs_total 1027\\n' | curl --data-binary @- {header} {address}",
        ),
        Snippet(_("A file in Prometheus format"), f"curl --data-binary @metrics.prom {header} {address}"),
    ]


def build_beat_snippets(request: HttpRequest, token: str = PLACEHOLDER) -> list[Snippet]:
    address = build_site_url(f"/api/beat/{token}", request)
    curl = "curl -fsS -o /dev/null -m 30 --retry 3"  # prints errors only: cron would mail the rest
    return [
        Snippet(
            _("At the end of a crontab line: the run succeeded"), f"0 2 * * * backup >/dev/null && {curl} {address}"
        ),
        Snippet(
            _("With its output and exit status, which shows whether it failed"),
            f"0 2 * * * backup >backup.log 2>&1; {curl} --data-binary @backup.log {address}/$?",
        ),
        Snippet(_("At the start, to measure the duration"), f"{curl} {address}/start"),
        Snippet(_("On failure"), f"{curl} {address}/fail"),
    ]
