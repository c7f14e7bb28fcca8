"""Checks through nginx, as browsers do, that requests reach the pages."""

from urllib.parse import urlsplit

import httpx
from django.conf import settings

from monitor.metrics.readings import SourceDown
from monitor.metrics.sources.nginx import PAGE, fetch_status
from myweb.formats import format_duration
from myweb.log_filters import DOCTOR_HOST
from ops.doctor.finding import (
    Finding,
    Findings,
    describe_error,
    report_failure,
    report_ok,
    report_warning,
)
from ops.doctor.hints import get_start_hint
from ops.doctor.installation import get_installation
from ops.doctor.site_client import GATEWAY_ERRORS, SiteClient, describe_transport_error, report_no_response


def check_pages(site: SiteClient) -> Findings:
    try:
        answer, took = site.timed("/healthz")
    except httpx.TransportError as error:
        yield report_no_response(site, error, "web")
        return
    if answer.status_code != 200 or answer.text != "ok\n":
        yield report_unhealthy(site, answer)
        return
    yield report_ok(f"{site.address} answers in {format_duration(took)}")
    try:
        yield from check_readiness(site)
        yield from check_sign_in_page(site)
    except httpx.TransportError as error:
        yield report_failure(f"the pages hang: {describe_transport_error(error)}", get_start_hint("web"))
    yield from check_unknown_host(site)
    yield from check_nginx_status()


def report_unhealthy(site: SiteClient, answer: httpx.Response) -> Finding:
    name = urlsplit(site.origin).netloc
    if answer.status_code in GATEWAY_ERRORS:
        return report_failure(
            f"nginx responds, but no pages behind it ({answer.status_code})", get_installation().start_command("web")
        )
    if answer.status_code == 400:
        return report_failure(
            f"the site rejects the name {name} (400)",
            get_installation().explain_setting("MYWEB_ORIGINS must contain the address that users type"),
        )
    return report_failure(
        f"another server responds at /healthz ({answer.status_code})",
        f"Point {name} to this site (see deploy/nginx/myweb.conf.template), or ask it directly: --url http://...",
    )


def check_readiness(site: SiteClient) -> Findings:
    answer = site.get("/readyz")
    if "run manage.py migrate" in answer.text:
        yield report_failure(
            "the database of the pages is not migrated (/readyz)", f"{get_installation().manage} migrate"
        )
    elif answer.status_code == 503:
        yield report_failure("the pages do not reach the database (/readyz returns 503)", get_start_hint("web"))
    elif answer.text.startswith("degraded"):
        yield report_warning(
            "the pages do not reach Redis, so messages arrive late (/readyz)", get_installation().start_command("redis")
        )
    elif not answer.text.startswith("ok\n"):
        yield report_failure(
            f"/readyz is not the site's ({answer.status_code})", "Route every path except /ws/ and /static/ to web"
        )


def check_sign_in_page(site: SiteClient) -> Findings:
    answer = site.get("/accounts/login/")
    to = answer.headers.get("Location", "")
    if answer.status_code == 200:
        yield report_ok("the sign-in page responds")
    elif to == "/welcome/":
        yield report_warning(
            "this workspace has no owner yet: the first visitor becomes the owner", f"Open {site.origin} now"
        )
    elif answer.is_redirect and to.startswith("https:") and site.is_plain_before_tls:
        yield report_ok("http redirects to https")
    elif answer.is_redirect and to.startswith("https:"):
        yield report_failure(
            "redirect loop: a proxy terminates TLS, and nginx does not trust its X-Forwarded-Proto",
            get_installation().trust_proxy_hint,
        )
    else:
        yield report_failure(f"the sign-in page is missing ({answer.status_code})", get_start_hint("web"))


def check_unknown_host(site: SiteClient) -> Findings:
    """A site that trusts any Host header can be made to send links to other sites."""
    try:
        answer = site.get("/healthz", host=DOCTOR_HOST)
    except httpx.TransportError:
        answer = httpx.Response(400)  # nginx may as well hang up
    if answer.status_code == 200 and answer.text == "ok\n":
        yield report_warning(
            "requests for unknown host names are accepted",
            "Forward the Host header unchanged (proxy_set_header Host $http_host), so that MYWEB_ORIGINS is enforced",
        )
    else:
        yield report_ok("unknown host names are rejected")


def check_nginx_status() -> Findings:
    if not settings.NGINX_STATUS:
        return
    try:
        match = PAGE.search(fetch_status(settings.NGINX_STATUS))
    except (SourceDown, OSError) as error:
        match, reason = None, describe_error(error)
    else:
        reason = "it is not stub_status"
    if match:
        yield report_ok(f"nginx has {match['active']} connections")
    else:
        yield report_warning(
            f"its statistics can't be read at {settings.NGINX_STATUS}: {reason}",
            get_installation().explain_setting("MYWEB_NGINX_STATUS"),
        )
