"""Schemes without nginx: the server itself faces the browsers."""

import sys

from deploy.schemes.fronted import build_uwsgi_command
from deploy.schemes.scheme import HERE, SchemePlace, find_script
from deploy.stack.parts import Part
from deploy.stack.state import ROOT, get_stack_directory


def uwsgi_http_parts(place: SchemePlace) -> list[Part]:
    web = place.front("web", lambda: build_uwsgi_command(place, "uwsgi-http/http.ini"))
    web.leftovers = [place.run(name) for name in ("uwsgi.sock", "stats.sock")]
    return [web]


def gunicorn_parts(place: SchemePlace) -> list[Part]:
    return [make_gunicorn_part(place, "gunicorn/threads.py", place.site.alone_wsgi)]


def gunicorn_uvicorn_parts(place: SchemePlace) -> list[Part]:
    return [make_gunicorn_part(place, "gunicorn-uvicorn/workers.py", place.site.alone_asgi)]


def make_gunicorn_part(place: SchemePlace, config: str, application: str) -> Part:
    argv = [find_script("gunicorn"), "-c", str(HERE / config), "--bind", place.bind, application]
    return place.front("gunicorn", lambda: argv)


def tornado_parts(place: SchemePlace) -> list[Part]:
    argv = [sys.executable, str(HERE / "tornado" / "serve.py"), place.site.alone_wsgi]
    argv += ["--port", str(place.stack.port), "--static", str(get_stack_directory() / "static-root")]
    return [place.front("tornado", lambda: argv)]


def daphne_parts(place: SchemePlace) -> list[Part]:
    # No access log and no Server header. A handshake must finish within 5 s.
    argv = [find_script("daphne"), "-v", "0", "--no-server-name", "--websocket_connect_timeout", "5"]
    argv += ["-b", "127.0.0.1", "-p", str(place.stack.port), place.site.alone_asgi]
    return [place.front("daphne", lambda: argv)]


def runserver_parts(place: SchemePlace) -> list[Part]:
    # Without the process that watches for changes of the code, which would disturb measurements.
    argv = [sys.executable, str(ROOT / "manage.py"), "runserver", place.bind, "--noreload"]
    settings = {"DJANGO_SETTINGS_MODULE": place.site.settings, "MYWEB_DEBUG": "yes"}
    return [place.front("runserver", lambda: argv, **settings)]
