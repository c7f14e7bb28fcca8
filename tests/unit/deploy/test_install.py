"""What bin/install would do, and what it says to those who ask for what does not fit together."""

import re
import subprocess
from pathlib import Path

import pytest

from deploy.host import install as steps
from deploy.host import nginx, release
from deploy.host.changes import HostError, Machine
from deploy.host.site import HostSite

ROOT = Path(__file__).parents[3]


def install(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bin/install", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_dry_run_tells_every_step_and_changes_nothing() -> None:
    done = install("--origin", "http://chat.example.com", "--live", "3", "--dry-run")
    assert done.returncode == 0, done.stderr
    order = ["create database myweb", "collectstatic", "myweb-web.service", "start myweb-migrate", "sites-available"]
    places = [done.stdout.index(each) for each in order]
    assert places == sorted(places)
    assert "myweb-live@3.service" in done.stdout
    assert "myweb-live@4.service" not in done.stdout
    assert not Path("/etc/myweb").exists()


@pytest.mark.parametrize(
    ("arguments", "way_out"),
    [
        ([], "--origin https://chat.example.com"),
        (["--origin", "chat.example.com"], "must have the format https://"),
        (["--origin", "https://chat.example.com"], "--certificate FILE --key FILE, or --acme EMAIL, or --port N"),
        (
            ["--origin", "https://chat.example.com", "--certificate", "/etc/hostname"],
            "--certificate and --key go together",
        ),
        (["--origin", "https://c.example", "--certificate", "/no.pem", "--key", "/no.key"], "there is no /no.pem"),
        (["--origin", "http://chat.example.com", "--acme", "ada@example.com"], "a certificate serves https"),
        (["--origin", "http://chat.example.com", "--live", "65"], "one per core"),
        (["--origin", "http://chat.example.com", "--erase"], "--erase goes with --uninstall"),
        (["--back"], "there is no previous release"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_way_out(arguments: list[str], way_out: str) -> None:
    done = install(*arguments, "--dry-run")
    assert way_out in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


def test_nginx_hears_of_every_socket_process_and_of_this_host_alone() -> None:
    text = nginx.render_site_config(HostSite(origin="http://chat.example.com", live=3), http2=False)
    assert len(re.findall(r"server unix:/run/myweb/live\d\.sock max_fails=0;", text)) == 3
    assert "server_name chat.example.com;" in text
    assert "ssl" not in text
    assert "${" not in text


def test_with_a_certificate_plain_http_leads_to_https(tmp_path: Path) -> None:
    site = HostSite(origin="https://chat.example.com", live=1, acme="ada@example.com")
    text = nginx.render_site_config(site, http2=True)
    assert "listen 443 ssl;" in text
    assert "ssl_certificate /etc/letsencrypt/live/chat.example.com/fullchain.pem;" in text
    assert "return 301 https://$host$request_uri;" in text
    assert "http2 on;" in text


def test_what_was_made_once_stays(tmp_path: Path) -> None:
    machine, secret = Machine(dry=True), tmp_path / "secret"
    secret.write_text("old")
    machine.keep(secret, "new")
    assert not machine.changed
    assert not machine.write(secret, "old")
    assert machine.write(secret, "new")
    assert secret.read_text() == "old", "a dry run writes nothing"


@pytest.mark.parametrize(
    ("lines", "elsewhere"),
    [
        ("DATABASE_HOST=/run/postgresql\nREDIS_HOST=127.0.0.1", False),
        ("DATABASE_HOST=localhost\nREDIS_HOST=::1", False),
        ("DATABASE_HOST=10.0.0.7\nREDIS_HOST=127.0.0.1", True),
        ("DATABASE_HOST=/run/postgresql\nREDIS_HOST=redis.example.com", True),
        ("REDIS_HOST=127.0.0.1\nREDIS_SENTINELS=127.0.0.1:26379 10.0.0.8:26379", True),
        ("REDIS_HOST=not.read\nREDIS_SENTINELS=127.0.0.1:26379 [::1]:26379", False),
    ],
)
def test_it_sees_whether_a_store_is_on_another_machine(
    lines: str, elsewhere: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "myweb.env"
    monkeypatch.setattr(steps, "ENVIRONMENT", settings)
    settings.write_text(f"{lines}\n")
    assert steps.has_remote_stores() is elsewhere


def test_nginx_is_as_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "myweb.env"
    monkeypatch.setattr(nginx, "ENVIRONMENT", settings)
    site = HostSite(origin="http://chat.example.com", live=1)
    assert "myweb.access.log myweb_text;" in nginx.render_site_config(site, http2=False)
    settings.write_text("MYWEB_LOG_FORMAT=json\n")
    assert "myweb.access.log myweb_json;" in nginx.render_site_config(site, http2=False)
    assert "limit_conn sockets 400;" in nginx.render_site_config(site, http2=False)
    settings.write_text("MYWEB_SOCKETS_PER_ADDRESS=5000\n")
    assert "limit_conn sockets 5000;" in nginx.render_site_config(site, http2=False)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("MYWEB_LOG_FORMAT=xml", "MYWEB_LOG_FORMAT must be text or json, not 'xml'"),
        ("MYWEB_SOCKETS_PER_ADDRESS=many", "MYWEB_SOCKETS_PER_ADDRESS must be a number, not 'many'"),
    ],
)
def test_settings_that_nginx_would_not_take_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, answer: str
) -> None:
    settings = tmp_path / "myweb.env"
    settings.write_text(f"{said}\n")
    monkeypatch.setattr(nginx, "ENVIRONMENT", settings)
    with pytest.raises(HostError, match=answer):
        nginx.render_site_config(HostSite(origin="http://chat.example.com", live=1), http2=False)


def test_redis_starts_again_only_for_new_settings() -> None:
    site = HostSite(origin="http://chat.example.com", live=1)
    redis = ("systemctl", "restart", "myweb-redis.service")
    assert redis not in [command for _what, command in release.list_replacements(site, set())]
    first, *_ = release.list_replacements(site, {"myweb-redis.service"})
    assert first[1] == redis, "before those who use it"


def test_connections_are_narrowed_again_only_if_we_widened_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ENABLED", "AVAILABLE", "MAIN_CONFIG"):
        monkeypatch.setattr(nginx, name, tmp_path / name)
    monkeypatch.setattr(nginx, "NGINX", tmp_path)
    monkeypatch.setattr(Machine, "run", lambda *_words, **_more: "")
    monkeypatch.setattr("deploy.host.changes.shutil.chown", lambda *_: None)
    path = tmp_path / "nginx.conf"
    for before, meanwhile in (("768", "16384"), ("16384", "16384"), ("4096", "4096")):
        path.write_text(f"worker_connections {before};\n")
        nginx.raise_connection_limit(Machine())
        assert path.read_text().startswith(f"worker_connections {meanwhile};")
        nginx.remove_site_config(Machine())
        assert path.read_text() == f"worker_connections {before};\n"
