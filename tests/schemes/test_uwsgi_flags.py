import contextlib
import dataclasses
import os
import re
import subprocess

import httpx

from deploy.schemes.fronted import build_uwsgi_command
from deploy.schemes.scheme import HERE, PROCESSES, SchemePlace
from deploy.schemes.sites import HELLO
from deploy.stack.process import OwnedProcess, kill_processes, wait_until
from deploy.stack.programs import get_program
from deploy.stack.state import ROOT, get_stack_directory
from deploy.stack.state import find_free_port as free_port
from tests.schemes.served import House, serve

FLAGS = (
    *("chdir", "module", "http", "socket", "master", "processes", "threads", "harakiri", "max-requests", "limit-as"),
    *("stats", "vacuum", "daemonize", "pidfile"),
)
HANGING = "tests.schemes.hanging:application"


def test_harakiri_ends_a_request_that_hangs_and_the_next_one_is_answered(house: House) -> None:
    site = dataclasses.replace(HELLO, wsgi=HANGING, alone_wsgi=HANGING)
    with serve(house, "uwsgi-http", site, HARAKIRI="1") as served:
        with contextlib.suppress(httpx.RemoteProtocolError):  # the connection ends with the worker
            assert served.get("/hang/").status_code >= 500
        assert served.get("/").text == "Here"
        assert "HARAKIRI" in served.log("web")
        assert "/hang/" in served.log("web")


def test_a_daemon_is_known_by_its_pidfile_and_takes_it_away_when_it_is_stopped(house: House) -> None:
    house.stack.port = free_port()
    place = SchemePlace(house.stack, HELLO)
    pidfile = place.run("uwsgi.pid")
    env = {**house.stack.environment(), "PYTHONPATH": "."}
    argv = build_uwsgi_command(place, "uwsgi-http/daemon.ini", "uwsgi-http/http.ini")
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert wait_until(lambda: pidfile.exists() and bool(pidfile.read_text()), 20)
    daemon = OwnedProcess.of(int(pidfile.read_text()))
    assert daemon
    try:
        assert wait_until(place.answers, 20)
        log = get_stack_directory() / "run" / "uwsgi.log"
        # One that is still importing would hear of the end only afterwards.
        assert wait_until(lambda: log.read_text().count("WSGI app ") == int(PROCESSES), 20)
        subprocess.run([get_program("web"), "--stop", pidfile], env=os.environ, check=True)
        assert wait_until(lambda: not daemon.alive(), 20)
        assert not pidfile.exists()
    finally:
        kill_processes(daemon.family())


def test_a_flag_of_the_articles_is_explained_where_it_is_set() -> None:
    files = [(HERE / "uwsgi-http" / f"{name}.ini.template").read_text(encoding="utf-8") for name in ("http", "daemon")]
    for flag in FLAGS:
        assert re.search(rf"^# .+\n{flag} = ", "".join(files), re.MULTILINE), flag


def test_a_flag_that_the_product_leaves_out_is_named_where_it_is_chosen() -> None:
    ini = (ROOT / "deploy" / "uwsgi" / "myweb.ini").read_text(encoding="utf-8")
    left_out = {flag for flag in FLAGS if not re.search(rf"^{flag} = ", ini, re.MULTILINE)}
    told = (HERE / "uwsgi" / "README.md").read_text(encoding="utf-8").partition("Not used")[2]
    assert {*re.findall(r"`([a-z-]+)`", told)} & {*FLAGS} == left_out
