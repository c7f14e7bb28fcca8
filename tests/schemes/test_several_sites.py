import dataclasses
import sysconfig
import venv
from pathlib import Path

import pytest

from deploy.schemes.scheme import PROCESSES
from deploy.schemes.sites import HELLO
from deploy.stack.process import wait_until
from deploy.stack.state import get_stack_directory
from tests.schemes.served import House, serve


@pytest.mark.parametrize("name", ["emperor", "per-request"])
def test_two_server_names_are_two_sites(name: str, house: House) -> None:
    with serve(house, name) as served:
        port = served.place.stack.port
        for _turn in range(4):  # whichever process answers
            assert served.get("/", Host=f"hello.localhost:{port}").text == "Hello"
            assert "csrfmiddlewaretoken" in served.get("/accounts/login/", Host=f"localhost:{port}").text


def test_a_site_whose_file_is_removed_ends_alone(house: House) -> None:
    with serve(house, "emperor") as served:
        (get_stack_directory() / "schemes" / "emperor" / "vassals" / "hello.ini").unlink()
        host = f"hello.localhost:{served.place.stack.port}"
        assert wait_until(lambda: served.get("/", Host=host).status_code == 502, 20)
        assert served.get("/accounts/login/").status_code == 200


def test_invented_hosts_load_no_site_again(house: House) -> None:
    with serve(house, "per-request") as served:
        for number in range(20):
            assert served.get("/accounts/login/", Host=f"h{number}.example").status_code == 400
        assert served.log("sites").count("WSGI app ") <= int(PROCESSES)


def environment(home: Path, mark: str) -> str:
    venv.create(home, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    (packages / "marker.py").write_text(f"MARK = {mark!r}\n")
    return str(home)


@pytest.mark.parametrize("mark", ["one", "other"])
def test_a_site_has_the_environment_and_the_folder_that_its_requests_name(
    mark: str, house: House, tmp_path: Path
) -> None:
    site = dataclasses.replace(HELLO, wsgi="tests.schemes.marked:application")
    home = environment(tmp_path / mark, mark)
    with serve(house, "per-request", site, VENV=home, ROOT=str(tmp_path)) as served:
        assert served.get("/").text == f"{mark}, {tmp_path}"
