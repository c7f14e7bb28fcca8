"""Schemes behind nginx, which serves static files and proxies sockets; they differ in the protocol for pages."""

import re
import sys
from pathlib import Path

from deploy.schemes.scheme import HERE, PROCESSES, Place, lives, nginx, script
from deploy.schemes.sites import MYWEB
from deploy.stack import parts, templates
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.programs import program
from deploy.stack.state import ROOT, directory, listens


def uwsgi_ini(place: Place, *names: str) -> list[str]:
    """uWSGI with the first of these files, which refers to the others."""
    first, *_rest = [place.fill(name) for name in names]
    return [program("web"), "--ini", str(first)]


def uwsgi(place: Place) -> list[Part]:
    """The standard deployment, from its own files."""
    front = place.front("nginx", lambda: parts.nginx_argv(place.stack))
    front.leftovers = [place.run("nginx-status.sock")]
    return [*lives(place, *templates.LIVE), web(place), front]


def web(place: Place) -> Part:
    """uWSGI with deploy/uwsgi/myweb.ini, which names the site; another site gets a changed copy."""
    part = parts.web(place.stack)
    if place.site is not MYWEB:
        part.argv = lambda _stack: [program("web"), "--ini", str(another_ini(place))]
        del part.extra["MYWEB_CURRENT"]  # the folder of this site's releases
    part.works = lambda: listens(place.run("web.sock"))
    part.answers = None
    part.extra |= {"MYWEB_WEB_PROCESSES": PROCESSES, **place.env}
    return part


def another_ini(place: Place) -> Path:
    text = (ROOT / "deploy" / "uwsgi" / "myweb.ini").read_text(encoding="utf-8")
    other = {
        "chdir": str(ROOT),
        "module": place.site.wsgi,
        "max-requests": place.site.limits,
        "max-requests-delta": "0",
    }
    for name, value in other.items():
        text, changed = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        if changed != 1:
            raise StackError(f"deploy/uwsgi/myweb.ini has no line of its own for {name} any more.")
    path = directory() / "schemes" / "another.ini"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def emperor(place: Place) -> list[Part]:
    files = ("emperor/emperor.ini", "emperor/vassals/myweb.ini", "emperor/vassals/hello.ini")
    sites = place.behind("emperor", lambda: uwsgi_ini(place, *files), place.run("myweb.sock"))
    sites.leftovers.append(place.run("hello.sock"))
    sites.works = lambda: all(listens(path) for path in sites.leftovers)
    return [*lives(place), sites, nginx(place, "emperor/site.conf")]


def per_request(place: Place) -> list[Part]:
    def argv() -> list[str]:
        link = place.run("uwsgi")
        link.unlink(missing_ok=True)
        link.symlink_to(program("web"))
        return uwsgi_ini(place, "per-request/uwsgi.ini")

    sites = place.behind("sites", argv, place.run("sites.sock"))
    return [*lives(place), sites, nginx(place, "per-request/site.conf")]


def fastcgi(place: Place) -> list[Part]:
    pages = place.behind("web", lambda: uwsgi_ini(place, "fastcgi/uwsgi.ini"), place.run("fastcgi.sock"))
    return [*lives(place), pages, nginx(place, "fastcgi/site.conf")]


def spawn_fcgi(place: Place) -> list[Part]:
    path = place.run("fastcgi.sock")

    def argv() -> list[str]:
        serve = [sys.executable, str(HERE / "spawn-fcgi" / "serve_fcgi.py"), place.site.wsgi]
        return [program("spawn-fcgi"), "-n", "-s", str(path), "-M", "0660", "--", *serve]

    return [*lives(place), place.behind("web", argv, path), nginx(place, "spawn-fcgi/site.conf")]


def ports(place: Place) -> list[Part]:
    names = ("PAGES_ONE", "PAGES_TWO")
    some = [pages_on(place, f"pages{number}", place.ports[name]) for number, name in enumerate(names, 1)]
    if place.site is MYWEB:
        names = ("LIVE_ONE", "LIVE_TWO")
        some += [live_on(place, f"live{number}", place.ports[name]) for number, name in enumerate(names, 1)]
    return [*some, nginx(place, "ports/site.conf")]


def pages_on(place: Place, name: str, port: int) -> Part:
    config = str(HERE / "ports" / "pages.py")
    argv = [script("gunicorn"), "-c", config, "--bind", f"127.0.0.1:{port}", place.site.wsgi]
    return place.at(name, lambda: argv, port)


def live_on(place: Place, name: str, port: int) -> Part:
    return place.at(name, lambda: [sys.executable, str(ROOT / "manage.py"), "live", "--port", str(port)], port)


def static(place: Place) -> list[Part]:
    sink = place.behind("sink", lambda: uwsgi_ini(place, "static/sink.ini"), place.run("sink.sock"))
    return [*lives(place), web(place), sink, nginx(place, "static/site.conf")]
