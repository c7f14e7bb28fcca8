"""The options of a site on a host: given now, or as before."""

import json
import os
from argparse import Namespace
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from deploy.host.changes import HostError, read_if_exists, read_settings

SETTINGS = Path("/etc/myweb")
CODE = Path("/opt/myweb")
DATA = Path("/var/lib/myweb")
RUN = Path("/run/myweb")
ENVIRONMENT = SETTINGS / "myweb.env"
MEMORY = SETTINGS / "install.json"


@dataclass
class HostSite:
    origin: str = ""  # such as https://chat.example.com; several are separated by spaces
    live: int = 0  # socket processes
    port: int = 0  # plain http on this port; 0: as in the origin
    certificate: str = ""
    key: str = ""
    acme: str = ""  # mail address for Let's Encrypt
    trusted_proxy: str = "0.0.0.0/32"

    @property
    def origins(self) -> list[str]:
        return self.origin.replace(",", " ").split()

    @property
    def hosts(self) -> list[str]:
        return [urlsplit(each).hostname or "" for each in self.origins]

    @property
    def host(self) -> str:
        return self.hosts[0]

    @property
    def tls(self) -> bool:
        return bool(self.certificate or self.acme)

    @property
    def listens(self) -> int:
        asked = urlsplit(self.origins[0])
        return self.port or asked.port or (443 if self.tls else 80)

    @property
    def certificate_files(self) -> tuple[Path, Path]:
        if self.acme:
            home = Path("/etc/letsencrypt/live") / self.host
            return home / "fullchain.pem", home / "privkey.pem"
        return Path(self.certificate), Path(self.key)

    @property
    def lives(self) -> list[str]:
        return [str(number) for number in range(1, self.live + 1)]

    def remembered(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def load_known_site() -> HostSite | None:
    text = read_if_exists(MEMORY) if MEMORY.exists() else None
    if not text:
        return None
    told, names = json.loads(text), {each.name for each in fields(HostSite)}
    site = HostSite(
        **{name: value for name, value in told.items() if name in names}
    )  # another version may have written it
    # After the first time the admin owns the settings.
    site.origin = read_settings(ENVIRONMENT).get("MYWEB_ORIGINS", site.origin)
    return site


def resolve_site(chosen: Namespace) -> HostSite:
    """Merges new options into the saved ones; raises :class:`HostError` if they do not fit together."""
    site = load_known_site() or HostSite()
    for each in fields(HostSite):
        if (value := getattr(chosen, each.name, None)) is not None:
            setattr(site, each.name, value)
    if chosen.certificate or chosen.key:
        site.acme = ""
    elif chosen.acme:
        site.certificate = site.key = ""
    elif (chosen.origin or "").startswith("http:"):
        site.acme = site.certificate = site.key = ""
    site.live = site.live or os.cpu_count() or 1
    check_site_options(site)
    return site


def check_site_options(site: HostSite) -> None:
    if not site.origins:
        raise HostError("set the address of the site: --origin https://chat.example.com")
    if wrong := [each for each in site.origins if not is_origin(each)]:
        raise HostError(f"--origin {wrong[0]!r} must have the format https://chat.example.com[:port].")
    asked = urlsplit(site.origins[0])
    if not 1 <= site.live <= 64:
        raise HostError(f"--live {site.live}: the number must be from 1 to 64; one per core is recommended.")
    if bool(site.certificate) != bool(site.key):
        raise HostError("--certificate and --key go together.")
    if asked.scheme == "https" and not site.tls and not site.port:
        raise HostError(
            "an https address needs --certificate FILE --key FILE, or --acme EMAIL, or --port N where another proxy "
            "that ends TLS finds this one (and --trusted-proxy NETWORK, so that it is believed)."
        )
    if asked.scheme == "http" and site.tls:
        raise HostError("a certificate serves https: write --origin https://... .")
    for name, path in (("certificate", site.certificate), ("key", site.key)):
        if path and not Path(path).is_absolute():
            raise HostError(f"--{name} needs the full path, not {path!r}.")
        if path and not Path(path).exists():
            raise HostError(f"--{name}: there is no {path}.")


def is_origin(text: str) -> bool:
    asked = urlsplit(text)
    return asked.scheme in {"http", "https"} and bool(asked.hostname) and not (asked.path or asked.query)
