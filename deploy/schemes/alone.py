"""Schemes without nginx: the server itself faces the browsers."""

import sys

from deploy.schemes.fronted import uwsgi_ini
from deploy.schemes.scheme import HERE, Place, script
from deploy.stack.parts import Part
from deploy.stack.state import ROOT, directory


def uwsgi_http(place: Place) -> list[Part]:
    web = place.front("web", lambda: uwsgi_ini(place, "uwsgi-http/http.ini"))
    web.leftovers = [place.run(name) for name in ("uwsgi.sock", "stats.sock")]
    return [web]


def gunicorn(place: Place) -> list[Part]:
    return [served_by_gunicorn(place, "gunicorn/threads.py", place.site.alone_wsgi)]


def gunicorn_uvicorn(place: Place) -> list[Part]:
    return [served_by_gunicorn(place, "gunicorn-uvicorn/workers.py", place.site.alone_asgi)]


def served_by_gunicorn(place: Place, config: str, application: str) -> Part:
    argv = [script("gunicorn"), "-c", str(HERE / config), "--bind", place.bind, application]
    return place.front("gunicorn", lambda: argv)


def tornado(place: Place) -> list[Part]:
    argv = [sys.executable, str(HERE / "tornado" / "serve.py"), place.site.alone_wsgi]
    argv += ["--port", str(place.stack.port), "--static", str(directory() / "static-root")]
    return [place.front("tornado", lambda: argv)]


def daphne(place: Place) -> list[Part]:
    # No access log and no Server header. A handshake must finish within 5 s.
    argv = [script("daphne"), "-v", "0", "--no-server-name", "--websocket_connect_timeout", "5"]
    argv += ["-b", "127.0.0.1", "-p", str(place.stack.port), place.site.alone_asgi]
    return [place.front("daphne", lambda: argv)]


def runserver(place: Place) -> list[Part]:
    # Without the process that watches for changes of the code, which would disturb measurements.
    argv = [sys.executable, str(ROOT / "manage.py"), "runserver", place.bind, "--noreload"]
    settings = {"DJANGO_SETTINGS_MODULE": place.site.settings, "MYWEB_DEBUG": "yes"}
    return [place.front("runserver", lambda: argv, **settings)]
