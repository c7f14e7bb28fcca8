"""What nginx leads where, asked from the side where people are."""

from urllib.parse import urlsplit

import httpx
from django.conf import settings

from care.doctor.database import to_reach_it
from care.doctor.finding import Finding, Findings, failed, milliseconds, ok, warning, why
from care.doctor.front import AWAY, Front, silent, trouble
from care.doctor.ways import way
from monitor.metrics.readings import Down
from monitor.metrics.sources.nginx import PAGE, fetch

STRANGER = "doctor.invalid"  # RFC 2606: nobody's


def pages(front: Front) -> Findings:
    try:
        answer, took = front.timed("/healthz")
    except httpx.TransportError as error:
        yield silent(front, error, "web")
        return
    if answer.status_code != 200 or answer.text != "ok\n":
        yield unhealthy(front, answer)
        return
    yield ok(f"{front.where} answers in {milliseconds(took)}")
    try:
        yield from ready(front)
        yield from page(front)
    except httpx.TransportError as error:
        yield failed(f"the pages hang: {trouble(error)}", to_reach_it("web"))
    yield from stranger(front)
    yield from status()


def unhealthy(front: Front, answer: httpx.Response) -> Finding:
    name = urlsplit(front.origin).netloc
    if answer.status_code in AWAY:
        return failed(f"nginx answers, and no pages behind it ({answer.status_code})", way().starts("web"))
    if answer.status_code == 400:
        return failed(f"the site refuses the name {name} (400)", way().sets("MYWEB_ORIGINS must hold what people type"))
    return failed(
        f"/healthz is answered by something else ({answer.status_code})",
        f"Lead {name} to this site (see deploy/nginx/myweb.conf.template), or ask it directly: --url http://...",
    )


def ready(front: Front) -> Findings:
    answer = front.get("/readyz")
    if answer.status_code == 503:
        yield failed("the pages do not reach the database (/readyz says 503)", to_reach_it("web"))
    elif answer.text.startswith("degraded"):
        yield warning("the pages do not reach Redis, so messages come late (/readyz)", way().starts("redis"))
    elif answer.text != "ok\n":
        yield failed(
            f"/readyz is not the site's ({answer.status_code})", "Lead every path but /ws/ and /static/ to web"
        )


def page(front: Front) -> Findings:
    answer = front.get("/accounts/login/")
    to = answer.headers.get("Location", "")
    if answer.status_code == 200:
        yield ok("the sign-in page is there")
    elif to == "/welcome/":
        yield warning("nobody owns this house yet: the first visitor does", f"Open {front.origin} now")
    elif answer.is_redirect and to.startswith("https:") and front.is_plain_before_tls:
        yield ok("plain http is led to https")
    elif answer.is_redirect and to.startswith("https:"):
        yield failed(
            "pages lead to themselves without end: a proxy ends TLS, and nginx does not believe its X-Forwarded-Proto",
            way().trusts,
        )
    else:
        yield failed(f"the sign-in page is not there ({answer.status_code})", to_reach_it("web"))


def stranger(front: Front) -> Findings:
    """Who is believed about the site's name can have links made that lead elsewhere."""
    try:
        answer = front.get("/healthz", host=STRANGER)
    except httpx.TransportError:
        answer = httpx.Response(400)  # nginx may as well hang up
    if answer.status_code == 200 and answer.text == "ok\n":
        yield warning(
            "a name that is not the site's is answered",
            "Hand the Host on as it came (proxy_set_header Host $http_host), so that MYWEB_ORIGINS counts",
        )
    else:
        yield ok("unknown names are refused")


def status() -> Findings:
    if not settings.NGINX_STATUS:
        return
    try:
        found = PAGE.search(fetch(settings.NGINX_STATUS))
    except (Down, OSError) as error:
        found, reason = None, why(error)
    else:
        reason = "it is not stub_status"
    if found:
        yield ok(f"nginx has {found['active']} connections")
    else:
        yield warning(
            f"its figures cannot be read at {settings.NGINX_STATUS}: {reason}", way().sets("MYWEB_NGINX_STATUS")
        )
