"""Fills deploy/nginx for a stack, as the container's entry point does with envsubst."""

import re
from pathlib import Path

from deploy.stack.errors import StackError
from deploy.stack.state import ROOT, Stack, directory

LIVE = ("live1", "live2")


def fill(template: str, values: dict[str, str]) -> str:
    """Replaces ``${NAME}`` in capitals; nginx's own variables are in small letters."""
    try:
        return re.sub(r"\$\{([A-Z_]+)\}", lambda match: values[match[1]], template)
    except KeyError as error:
        raise StackError(
            f"deploy/nginx/myweb.conf.template uses {error.args[0]}, which bin/stack does not fill."
        ) from None


def values(stack: Stack) -> dict[str, str]:
    return {
        "MYWEB_LISTEN": f"127.0.0.1:{stack.port}",
        "MYWEB_WEB_SERVER": f"unix:{stack.run('web.sock')}",
        # With max_fails, a server that failed once would get no more than one socket each fail_timeout: nginx takes it
        # for mended when a request to it is over, and a socket lasts for hours. To be refused costs nothing here.
        "MYWEB_LIVE_SERVERS": " ".join(f"server unix:{stack.run(name)}.sock max_fails=0;" for name in LIVE),
        "MYWEB_STATIC_ROOT": str(directory() / "static-root"),
        "MYWEB_STATUS_SOCKET": str(stack.run("nginx-status.sock")),
        "MYWEB_REQUESTS_LOG": str(stack.run("requests.log")),
        "MYWEB_ACCESS_LOG": str(stack.log("access")),
        "MYWEB_TRUSTED_PROXY": "0.0.0.0/32",
        "MYWEB_SOCKETS_PER_ADDRESS": "20000",  # here everybody is 127.0.0.1
    }


def write(stack: Stack) -> Path:
    source, target = ROOT / "deploy" / "nginx", directory() / "nginx"
    main = target / "nginx.conf"
    main.write_text((source / "nginx.conf").read_text(encoding="utf-8"), encoding="utf-8")
    site = fill((source / "myweb.conf.template").read_text(encoding="utf-8"), values(stack))
    (target / "conf.d" / "myweb.conf").write_text(site, encoding="utf-8")
    return main
