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
        return failed(f"nginx responds, but no pages behind it ({answer.status_code})", way().starts("web"))
    if answer.status_code == 400:
        return failed(
            f"the site rejects the name {name} (400)",
            way().sets("MYWEB_ORIGINS must contain the address that users type"),
        )
    return failed(
        f"another server responds at /healthz ({answer.status_code})",
        f"Point {name} to this site (see deploy/nginx/myweb.conf.template), or ask it directly: --url http://...",
    )


def ready(front: Front) -> Findings:
    answer = front.get("/readyz")
    if answer.status_code == 503:
        yield failed("the pages do not reach the database (/readyz returns 503)", to_reach_it("web"))
    elif answer.text.startswith("degraded"):
        yield warning("the pages do not reach Redis, so messages arrive late (/readyz)", way().starts("redis"))
    elif answer.text != "ok\n":
        yield failed(
            f"/readyz is not the site's ({answer.status_code})", "Route every path except /ws/ and /static/ to web"
        )


def page(front: Front) -> Findings:
    answer = front.get("/accounts/login/")
    to = answer.headers.get("Location", "")
    if answer.status_code == 200:
        yield ok("the sign-in page responds")
    elif to == "/welcome/":
        yield warning(
            "this workspace has no owner yet: the first visitor becomes the owner", f"Open {front.origin} now"
        )
    elif answer.is_redirect and to.startswith("https:") and front.is_plain_before_tls:
        yield ok("http redirects to https")
    elif answer.is_redirect and to.startswith("https:"):
        yield failed(
            "redirect loop: a proxy terminates TLS, and nginx does not trust its X-Forwarded-Proto",
            way().trusts,
        )
    else:
        yield failed(f"the sign-in page is missing ({answer.status_code})", to_reach_it("web"))


def stranger(front: Front) -> Findings:
    """Who is believed about the site's name can have links made that lead elsewhere."""
    try:
        answer = front.get("/healthz", host=STRANGER)
    except httpx.TransportError:
        answer = httpx.Response(400)  # nginx may as well hang up
    if answer.status_code == 200 and answer.text == "ok\n":
        yield warning(
            "requests for unknown host names are accepted",
            "Forward the Host header unchanged (proxy_set_header Host $http_host), so that MYWEB_ORIGINS is enforced",
        )
    else:
        yield ok("unknown host names are rejected")


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
            f"its statistics can't be read at {settings.NGINX_STATUS}: {reason}", way().sets("MYWEB_NGINX_STATUS")
        )
