"""Schemes behind nginx, which serves static files and proxies sockets; they differ in the protocol for pages."""

import re
import sys
from pathlib import Path

from deploy.schemes.scheme import HERE, PROCESSES, SchemePlace, find_script, make_live_parts, make_nginx_part
from deploy.schemes.sites import MYWEB
from deploy.stack import parts, templates
from deploy.stack.errors import StackError
from deploy.stack.parts import Part
from deploy.stack.programs import get_program
from deploy.stack.state import ROOT, get_stack_directory, is_listening


def build_uwsgi_command(place: SchemePlace, *names: str) -> list[str]:
    """uWSGI with the first of these files, which refers to the others."""
    first, *_rest = [place.fill(name) for name in names]
    return [get_program("web"), "--ini", str(first)]


def uwsgi_parts(place: SchemePlace) -> list[Part]:
    """The standard deployment, from its own files."""
    front = place.front("nginx", lambda: parts.build_nginx_command(place.stack))
    front.leftovers = [place.run("nginx-status.sock")]
    return [*make_live_parts(place, *templates.LIVE), make_uwsgi_part(place), front]


def make_uwsgi_part(place: SchemePlace) -> Part:
    """uWSGI with deploy/uwsgi/myweb.ini, which names the site; another site gets a changed copy."""
    part = parts.make_web_part(place.stack)
    if place.site is not MYWEB:
        part.argv = lambda _stack: [get_program("web"), "--ini", str(write_other_ini(place))]
        del part.extra["MYWEB_CURRENT"]  # the folder of this site's releases
    part.works = lambda: is_listening(place.run("web.sock"))
    part.answers = None
    part.extra |= {"MYWEB_WEB_PROCESSES": PROCESSES, **place.env}
    return part


def write_other_ini(place: SchemePlace) -> Path:
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
    path = get_stack_directory() / "schemes" / "another.ini"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def emperor_parts(place: SchemePlace) -> list[Part]:
    files = ("emperor/emperor.ini", "emperor/vassals/myweb.ini", "emperor/vassals/hello.ini")
    sites = place.behind("emperor", lambda: build_uwsgi_command(place, *files), place.run("myweb.sock"))
    sites.leftovers.append(place.run("hello.sock"))
    sites.works = lambda: all(is_listening(path) for path in sites.leftovers)
    return [*make_live_parts(place), sites, make_nginx_part(place, "emperor/site.conf")]


def per_request_parts(place: SchemePlace) -> list[Part]:
    def argv() -> list[str]:
        link = place.run("uwsgi")
        link.unlink(missing_ok=True)
        link.symlink_to(get_program("web"))
        return build_uwsgi_command(place, "per-request/uwsgi.ini")

    sites = place.behind("sites", argv, place.run("sites.sock"))
    return [*make_live_parts(place), sites, make_nginx_part(place, "per-request/site.conf")]


def fastcgi_parts(place: SchemePlace) -> list[Part]:
    pages = place.behind("web", lambda: build_uwsgi_command(place, "fastcgi/uwsgi.ini"), place.run("fastcgi.sock"))
    return [*make_live_parts(place), pages, make_nginx_part(place, "fastcgi/site.conf")]


def spawn_fcgi_parts(place: SchemePlace) -> list[Part]:
    path = place.run("fastcgi.sock")

    def argv() -> list[str]:
        serve = [sys.executable, str(HERE / "spawn-fcgi" / "serve_fcgi.py"), place.site.wsgi]
        return [get_program("spawn-fcgi"), "-n", "-s", str(path), "-M", "0660", "--", *serve]

    return [*make_live_parts(place), place.behind("web", argv, path), make_nginx_part(place, "spawn-fcgi/site.conf")]


def ports_parts(place: SchemePlace) -> list[Part]:
    names = ("PAGES_ONE", "PAGES_TWO")
    some = [make_page_server(place, f"pages{number}", place.ports[name]) for number, name in enumerate(names, 1)]
    if place.site is MYWEB:
        names = ("LIVE_ONE", "LIVE_TWO")
        some += [make_socket_server(place, f"live{number}", place.ports[name]) for number, name in enumerate(names, 1)]
    return [*some, make_nginx_part(place, "ports/site.conf")]


def make_page_server(place: SchemePlace, name: str, port: int) -> Part:
    config = str(HERE / "ports" / "pages.py")
    argv = [find_script("gunicorn"), "-c", config, "--bind", f"127.0.0.1:{port}", place.site.wsgi]
    return place.at(name, lambda: argv, port)


def make_socket_server(place: SchemePlace, name: str, port: int) -> Part:
    return place.at(name, lambda: [sys.executable, str(ROOT / "manage.py"), "live", "--port", str(port)], port)


def static_parts(place: SchemePlace) -> list[Part]:
    sink = place.behind("sink", lambda: build_uwsgi_command(place, "static/sink.ini"), place.run("sink.sock"))
    return [*make_live_parts(place), make_uwsgi_part(place), sink, make_nginx_part(place, "static/site.conf")]
