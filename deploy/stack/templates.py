"""Fills the templates in deploy/nginx for a stack, as the container's entry point does with envsubst."""

import os
import re
from pathlib import Path

from deploy.stack.errors import StackError
from deploy.stack.state import Stack, get_current_code, get_stack_directory

LIVE = ("live1", "live2")


def fill_template(template: str, values: dict[str, str]) -> str:
    """Replaces ``${NAME}`` in capitals; nginx's own variables are in lower case."""
    try:
        return re.sub(r"\$\{([A-Z_]+)\}", lambda match: values[match[1]], template)
    except KeyError as error:
        raise StackError(f"a template of deploy/ uses {error.args[0]}, which has no value.") from None


def get_template_values(stack: Stack) -> dict[str, str]:
    return {
        "MYWEB_LISTEN": f"127.0.0.1:{stack.port}",
        "MYWEB_WEB_SERVER": f"unix:{stack.run('web.sock')}",
        # With max_fails, a server that failed once would get only one socket per fail_timeout: nginx considers it
        # recovered when a request ends, and a socket lasts for hours. A refused connection costs nothing here.
        "MYWEB_LIVE_SERVERS": " ".join(f"server unix:{stack.run(name)}.sock max_fails=0;" for name in LIVE),
        "MYWEB_STATIC_ROOT": str(get_stack_directory() / "static-root"),
        "MYWEB_FILES_ROOT": str(stack.files),
        "MYWEB_BUCKET": render_bucket(get_nginx_directory(), os.environ.get("MYWEB_FILES_S3", "")),
        "MYWEB_STATUS_SOCKET": str(stack.run("nginx-status.sock")),
        "MYWEB_REQUESTS_LOG": str(stack.run("requests.log")),
        "MYWEB_ACCESS_LOG": str(stack.log("access")),
        "MYWEB_LOG_FORMAT": get_log_format(),
        "MYWEB_TRUSTED_PROXY": "0.0.0.0/32",
        "MYWEB_SOCKETS_PER_ADDRESS": "20000",  # here all clients are 127.0.0.1
    }


def render_bucket(templates: Path, address: str, resolv_conf: Path = Path("/etc/resolv.conf")) -> str:
    """The part of nginx's site that reads files from a bucket; empty if they are in a folder."""
    if not address:
        return ""
    values = {"MYWEB_RESOLVERS": list_resolvers(resolv_conf), "MYWEB_CA_FILE": "/etc/ssl/certs/ca-certificates.crt"}
    return fill_template((templates / "bucket.conf.template").read_text(encoding="utf-8"), values).strip()


def list_resolvers(resolv_conf: Path) -> str:
    """The name servers of this machine, as nginx wants them."""
    try:
        text = resolv_conf.read_text(encoding="utf-8")
    except OSError:
        text = ""
    servers = re.findall(r"^nameserver\s+([0-9a-fA-F.:]+)\s*$", text, re.MULTILINE)
    return " ".join(f"[{server}]" if ":" in server else server for server in servers) or "127.0.0.1"


def get_log_format() -> str:
    """The parts of the stack also read it from the environment."""
    value = os.environ.get("MYWEB_LOG_FORMAT") or "text"
    if value not in {"text", "json"}:
        raise StackError(f"MYWEB_LOG_FORMAT must be text or json, not {value!r}.")
    return value


def get_nginx_directory() -> Path:
    return get_current_code() / "deploy" / "nginx"


def get_frame_template() -> Path:
    """nginx.conf, which includes conf.d beside it."""
    main = get_stack_directory() / "nginx" / "nginx.conf"
    main.write_text((get_nginx_directory() / "nginx.conf").read_text(encoding="utf-8"), encoding="utf-8")
    return main


def fill_templates(stack: Stack) -> dict[Path, str]:
    target = get_stack_directory() / "nginx"
    site = fill_template(
        (get_nginx_directory() / "myweb.conf.template").read_text(encoding="utf-8"), get_template_values(stack)
    )
    return {
        target / "nginx.conf": (get_nginx_directory() / "nginx.conf").read_text(encoding="utf-8"),
        target / "conf.d" / "myweb.conf": site,
    }


def has_changed_config(stack: Stack) -> bool:
    return any(path.read_text(encoding="utf-8") != text for path, text in fill_templates(stack).items())


def write_config(stack: Stack) -> Path:
    for path, text in fill_templates(stack).items():
        path.write_text(text, encoding="utf-8")
    return get_stack_directory() / "nginx" / "nginx.conf"
