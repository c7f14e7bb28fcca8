"""Adds the site to Debian's nginx. Other sites on it are not changed."""

import re
import subprocess
from pathlib import Path

from deploy.host.changes import HostError, Machine, read_settings
from deploy.host.site import DATA, ENVIRONMENT, RUN, HostSite
from deploy.stack.templates import fill_template, render_bucket

ROOT = Path(__file__).resolve().parents[2]
NGINX = Path("/etc/nginx")
SYSTEM = Path("/etc/systemd/system")
AVAILABLE = NGINX / "sites-available" / "myweb.conf"
ENABLED = NGINX / "sites-enabled" / "myweb.conf"
MAIN_CONFIG = NGINX / "modules-enabled" / "60-myweb.conf"
CACHE = Path("/var/cache/nginx-myweb")
# nginx takes two connections per socket, in each worker. --uninstall recognises our change by the comment.
DEFAULT_CONNECTIONS, RAISED_CONNECTIONS = "worker_connections 768;", "worker_connections 16384;  # 768 before myweb"
# The directives of deploy/nginx/nginx.conf, for one site of several.
HTTP_DIRECTIVES = (
    "gzip on",
    "gzip_static on",
    "gzip_vary on",
    "gzip_proxied any",
    "gzip_comp_level 5",
    "gzip_min_length 900",
    "gzip_types text/css text/plain application/javascript text/javascript application/json"
    " application/manifest+json image/svg+xml",
    "charset utf-8",
    "charset_types text/css text/plain application/javascript text/javascript application/json",
    "server_tokens off",
    "keepalive_timeout 65s",
    "reset_timedout_connection on",
)
REDIRECT = """
# Plain http: where the certificate is renewed, and the way to https.
server {{
    listen 80;{listen_ipv6}
    server_name {host};
    location /.well-known/acme-challenge/ {{
        root {acme};
    }}
    location / {{
        return 301 https://$host{port}$request_uri;
    }}
}}
"""
# Not with ACME: certbot reloads nginx itself.
CERTIFICATE_UNITS = {
    "myweb-certificate.path": """\
# Reloads nginx when the certificate or its key was replaced.
[Unit]
Description=myweb: changes of the certificate
PartOf=myweb.target

[Path]
PathChanged={certificate}
PathChanged={key}

[Install]
WantedBy=myweb.target
""",
    "myweb-certificate.service": """\
[Unit]
Description=myweb: nginx reads the new certificate

[Service]
Type=oneshot
ExecStart=/usr/bin/systemctl reload nginx.service
# If only one of both files is new, nginx refuses it and keeps the old ones.
Restart=on-failure
RestartSec=5
RestrictAddressFamilies=AF_UNIX
PrivateNetwork=yes
ProtectHome=yes
""",
}


def has_ipv6() -> bool:
    return Path("/proc/net/if_inet6").exists()


def build_listen_directives(site: HostSite, http2: bool) -> str:
    """The first directives of the site's server, beginning with listen; the template adds the last semicolon."""
    secure = site.tls
    port = f"{site.listens}{' ssl' if secure else ''}"
    directives = [port, *([f"listen [::]:{port}"] if has_ipv6() else []), f"server_name {' '.join(site.hosts)}"]
    if secure:
        certificate, key = site.certificate_files
        directives += [f"ssl_certificate {certificate}", f"ssl_certificate_key {key}"]
        directives += ["ssl_protocols TLSv1.2 TLSv1.3", "ssl_session_cache shared:myweb:5m", "ssl_session_tickets off"]
        directives += ["http2 on"] if http2 else []
    return ";\n    ".join([*directives, *HTTP_DIRECTIVES])


def render_site_config(site: HostSite, http2: bool) -> str:
    values = {
        "MYWEB_LISTEN": build_listen_directives(site, http2),
        "MYWEB_WEB_SERVER": f"unix:{RUN}/web.sock",
        # max_fails=0: see deploy/stack/templates.py.
        "MYWEB_LIVE_SERVERS": "\n    ".join(
            f"server unix:{RUN}/live{number}.sock max_fails=0;" for number in site.lives
        ),
        "MYWEB_STATIC_ROOT": str(DATA / "static"),
        "MYWEB_FILES_ROOT": str(DATA / "files"),
        "MYWEB_BUCKET": render_bucket(ROOT / "deploy" / "nginx", read_settings(ENVIRONMENT).get("MYWEB_FILES_S3", "")),
        "MYWEB_STATUS_SOCKET": f"{RUN}/nginx-status.sock",
        "MYWEB_REQUESTS_LOG": f"{RUN}/requests.log",
        "MYWEB_ACCESS_LOG": "/var/log/nginx/myweb.access.log",
        "MYWEB_LOG_FORMAT": read_setting("MYWEB_LOG_FORMAT", "text", "text|json", "text or json"),
        "MYWEB_TRUSTED_PROXY": site.trusted_proxy,
        "MYWEB_SOCKETS_PER_ADDRESS": read_setting("MYWEB_SOCKETS_PER_ADDRESS", "400", "[1-9][0-9]*", "a number"),
    }
    template = (ROOT / "deploy" / "nginx" / "myweb.conf.template").read_text(encoding="utf-8")
    # The cache needs its own folder, because nginx's user cannot write to the folder of the sockets.
    template = template.replace("${MYWEB_STATUS_SOCKET}.cache", str(CACHE))
    return fill_template(template, values) + (build_redirect_server(site) if site.tls else "")


def read_setting(name: str, default: str, form: str, must: str) -> str:
    """The value in the settings, as for every other part."""
    value = read_settings(ENVIRONMENT).get(name) or default
    if not re.fullmatch(form, value):
        raise HostError(f"{name} must be {must}, not {value!r}: fix it in {ENVIRONMENT}.")
    return value


def build_redirect_server(site: HostSite) -> str:
    port = "" if site.listens == 443 else f":{site.listens}"
    listen_ipv6 = "\n    listen [::]:80;" if has_ipv6() else ""
    return REDIRECT.format(host=" ".join(site.hosts), acme=DATA / "acme", port=port, listen_ipv6=listen_ipv6)


def read_output(argv: list[str]) -> str:
    """The output of a query, in a dry run as well; empty if there is no such program."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return ""
    return done.stdout


def supports_http2() -> bool:
    """``http2 on`` needs 1.25.1; before, HTTP/2 was set for all sites on a port."""
    version = re.search(r"/(\d+)\.(\d+)\.(\d+)", read_output(["/usr/sbin/nginx", "-v"]))
    return bool(version) and tuple(map(int, version.groups())) >= (1, 25, 1)  # type: ignore[union-attr]


def install_site_config(machine: Machine, site: HostSite) -> None:
    """Reloads nginx only after a change: a reload ends old sockets after a minute."""
    machine.step("nginx")
    raise_connection_limit(machine)
    before = AVAILABLE.read_text(encoding="utf-8") if AVAILABLE.exists() else None
    fresh = machine.write(MAIN_CONFIG, "# Of myweb.\nworker_rlimit_nofile 65536;\nworker_shutdown_timeout 60s;\n")
    fresh |= machine.write(AVAILABLE, render_site_config(site, supports_http2()))
    if not ENABLED.is_symlink():
        machine.link(ENABLED, AVAILABLE)
        fresh = True
    if not fresh and not machine.changed & {NGINX / "nginx.conf"}:
        return
    try:
        machine.run("/usr/sbin/nginx", "-t", "-q")
    except HostError as error:
        restore_site_config(machine, before)
        raise HostError(f"{error}\nnginx keeps its previous configuration.") from None
    machine.run("systemctl", "enable", "--quiet", "nginx")
    machine.run("systemctl", "reload-or-restart", "nginx")


def restore_site_config(machine: Machine, before: str | None) -> None:
    if before is None:
        machine.remove(ENABLED)
        machine.remove(AVAILABLE)
        machine.remove(MAIN_CONFIG)
    else:
        machine.write(AVAILABLE, before)


def watch_certificate(machine: Machine, site: HostSite) -> None:
    """Writes the units that reload nginx after a renewal, or removes them."""
    certificate, key = (str(path).replace("%", "%%") for path in site.certificate_files)
    for name, text in CERTIFICATE_UNITS.items():
        if site.certificate:
            machine.write(SYSTEM / name, text.format(certificate=certificate, key=key))
        elif (SYSTEM / name).exists():
            machine.run("systemctl", "disable", "--now", "--quiet", name)
            machine.remove(SYSTEM / name)


def raise_connection_limit(machine: Machine) -> None:
    """Debian's nginx has 768 connections per worker, enough for 384 sockets. Other numbers were set by hand."""
    path = NGINX / "nginx.conf"
    if path.exists():
        machine.write(path, path.read_text(encoding="utf-8").replace(DEFAULT_CONNECTIONS, RAISED_CONNECTIONS))


def ensure_certificate(machine: Machine, site: HostSite) -> None:
    """The first certificate uses a temporary site that only answers challenges; later ones use the site itself."""
    if not site.acme:
        return
    certificate, _key = site.certificate_files
    try:
        there = certificate.exists()
    except PermissionError:  # a dry run by a user who is not root
        return
    if there:
        if missing := {*site.hosts} - list_certificate_names(certificate):
            machine.step(f"a certificate for {', '.join(sorted(missing))} as well")
            install_site_config(machine, site)
            request_certificate(machine, site)
        return
    machine.step("a certificate from Let's Encrypt")
    machine.folder(DATA / "acme")
    before = AVAILABLE.read_text(encoding="utf-8") if AVAILABLE.exists() else None
    machine.write(AVAILABLE, build_redirect_server(site))
    machine.link(ENABLED, AVAILABLE)
    machine.run("systemctl", "reload-or-restart", "nginx")
    try:
        request_certificate(machine, site)
    except HostError:
        restore_site_config(machine, before)
        machine.run("systemctl", "reload-or-restart", "nginx")
        raise


def list_certificate_names(certificate: Path) -> set[str]:
    argv = ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", str(certificate)]
    return {*re.findall(r"DNS:([^,\s]+)", read_output(argv))}


def request_certificate(machine: Machine, site: HostSite) -> None:
    argv = ["certbot", "certonly", "--webroot", "-w", str(DATA / "acme"), "-m", site.acme, "--cert-name", site.host]
    argv += [word for host in site.hosts for word in ("-d", host)]
    machine.run(*argv, "--expand", "--agree-tos", "--non-interactive", "--deploy-hook", "systemctl reload nginx")


def remove_site_config(machine: Machine) -> None:
    for path in (ENABLED, AVAILABLE, MAIN_CONFIG):
        machine.remove(path)
    if (path := NGINX / "nginx.conf").exists():
        machine.write(path, path.read_text(encoding="utf-8").replace(RAISED_CONNECTIONS, DEFAULT_CONNECTIONS))
    if Path("/usr/sbin/nginx").exists():
        machine.run("systemctl", "reload-or-restart", "nginx")
