"""The commands of each kind of installation: both compose files, Kubernetes, systemd, bin/stack, bin/dev, by hand."""

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from deploy.host import site


@dataclass(frozen=True)
class Installation:
    manage: str  # before the name of a management command
    collectstatic: str  # updates the static files
    settings: str  # where a variable is set, and how to apply it
    parts: dict[str, str] = field(default_factory=dict)  # start commands of parts that differ, with their log
    start: str = ""  # what is down; {part} is its name, also in ``log``. Stops nothing that works
    restarts: dict[str, str] = field(default_factory=dict)  # commands for parts that hang; others: as ``start``
    restart_live: str = ""  # one socket process, {name} or {number}; empty: as ``start``
    log: str = "what it prints"
    manage_backups: str = ""  # as ``manage``, where the folder of the backups can be written; empty: as ``manage``
    backup: str = ""  # writes and tries a backup now, where no management command does
    second_place: str = "MYWEB_BACKUPS_COPY=folder on another disk, or MYWEB_BACKUPS_S3"
    elsewhere: str = ""  # this doctor in the pods of {part}
    psql: str = "sudo -u postgres psql"
    redis: str = ""  # before redis-cli
    certificate: str = "ssl_certificate of nginx: certbot renew; sudo systemctl reload nginx"
    reload_nginx: str = "sudo systemctl reload nginx"
    proxy: str = ""  # how to trust a proxy in front
    disk_usage: str = "sudo du -xh {path} | sort -h | tail -n 20"  # shows what uses the disk at {path}
    database_host: str = ""  # of the PostgreSQL that belongs to the installation, if it is not on this machine
    database_disk: str = "df -h"  # shows the free space of that PostgreSQL
    killed: str = "sudo dmesg -T | grep -i 'killed process'"  # shows what the kernel killed
    more_memory: str = "Give the machine more memory"
    env: Path = Path(".env")  # from the code; holds secrets
    data: Path = Path("var")  # from the code; what grows beside the databases

    def start_command(self, part: str) -> str:
        return self.parts.get(part) or f"{self.start}; {self.log}".format(part=part)

    def restart_command(self, part: str) -> str:
        """Never for "live": a restart of all socket processes would disconnect everybody."""
        return self.restarts.get(part) or self.start_command(part)

    def restart_live_command(self, names: list[str]) -> str:
        """``names`` are those of the sockets, as live1, or of the containers."""
        commands = [self.restart_live.format(name=name, number=name.removeprefix("live")) for name in names]
        return "; ".join(commands) if self.restart_live else self.start_command("live")

    @property
    def backup_command(self) -> str:
        return self.backup or f"{self.manage_backups or self.manage} backup --daily"

    @property
    def check_restore_command(self) -> str:
        return self.backup or f"{self.manage_backups or self.manage} backup --check-restore"

    def log_command(self, part: str) -> str:
        return self.log.format(part=part)

    @property
    def trust_proxy_hint(self) -> str:
        return self.proxy or self.explain_setting("MYWEB_TRUSTED_PROXY=network of the proxy, such as 10.0.0.1/32")

    def explain_setting(self, what: str) -> str:
        return f"{what} ({self.settings})"


COMPOSE = Installation(
    "docker compose exec web python manage.py",
    "bin/upgrade",
    "in .env beside docker-compose.yml, then: docker compose up -d",
    start="docker compose start {part}",
    restarts={
        part: f"docker compose restart {part}; docker compose logs --tail 20 {part}"
        for part in ("web", "nginx", "postgres")
    },
    restart_live="docker restart {name}; docker logs --tail 20 {name}",
    log="docker compose logs --tail 20 {part}",
    manage_backups="docker compose exec backup python manage.py",  # web can only read the folder
    second_place="MYWEB_BACKUP_COPY=folder on another disk, or MYWEB_BACKUPS_S3",
    psql="docker compose exec postgres psql -U myweb",
    redis="docker compose exec redis ",
    reload_nginx="docker compose kill -s HUP nginx; docker compose logs --tail 20 nginx",
    certificate="New files in MYWEB_TLS_FOLDER, which nginx reads within seconds: docker compose logs --tail 20 nginx; "
    "with ACME: docker compose logs --tail 20 acme",
    disk_usage="docker system df; docker image prune; docker builder prune",
    database_host="postgres",
    database_disk="docker compose exec postgres df -h /var/lib/postgresql/data",
    more_memory="MYWEB_WEB_MEMORY and MYWEB_LIVE_MEMORY in .env, then: docker compose up -d",
)
SMALL = Installation(
    "docker compose -f compose.small.yml exec site python manage.py",
    "docker compose -f compose.small.yml up -d --build",
    "in .env beside compose.small.yml, then: docker compose -f compose.small.yml up -d",
    {
        "postgres": "with compose.small.yml there is none: unset DATABASE_HOST",
        "redis": "with compose.small.yml there is none: unset REDIS_HOST",
    },
    start="docker compose -f compose.small.yml restart site",
    log="docker compose -f compose.small.yml logs --tail 20",
    second_place="MYWEB_BACKUP_COPY=folder on another disk, or MYWEB_BACKUPS_S3",
    certificate="New files in MYWEB_TLS_FOLDER, which nginx reads within seconds: "
    "docker compose -f compose.small.yml logs --tail 20",
    reload_nginx="docker compose -f compose.small.yml restart site",
    disk_usage=COMPOSE.disk_usage,
    more_memory="Give the machine more memory, or move to docker-compose.yml (docs/deploy.md)",
    data=Path("/data"),
)
KUBERNETES = Installation(
    "kubectl -n myweb exec deployment/web -c web -- python manage.py",
    "kubectl apply -k overlays/gateway, with the images of one release",
    "in the overlay's configMapGenerator, then: kubectl apply -k overlays/gateway",
    {
        "nginx": "kubectl -n myweb logs deployment/web -c nginx --tail 20; kubectl -n myweb get gateways,ingresses",
        "postgres": "kubectl -n myweb get cluster,pods",
        "redis": "kubectl -n myweb get pods; kubectl -n myweb logs statefulset/redis -c server --tail 20",
    },
    start="kubectl -n myweb get pods",  # which Kubernetes restarts itself
    log="kubectl -n myweb logs deployment/{part} --tail 20",
    backup="kubectl -n myweb create job --from=cronjob/backup backup-now; kubectl -n myweb logs -f job/backup-now",
    second_place="MYWEB_BACKUPS_S3=bucket, with its keys in the Secret backups-s3",
    elsewhere="kubectl -n myweb exec deployment/{part} -c {part} -- python manage.py doctor",
    psql="kubectl -n myweb exec -it postgres-1 -c postgres -- psql",
    redis="kubectl -n myweb exec -it redis-0 -c server -- ",
    certificate="kubectl -n myweb describe secret myweb-tls",
    disk_usage="kubectl describe nodes; kubectl -n myweb get pvc",
    database_host="postgres-rw",
    database_disk="kubectl -n myweb exec postgres-1 -c postgres -- df -h",
    killed="kubectl -n myweb describe pods | grep -B 3 -A 3 OOMKilled",
    more_memory="a higher limits.memory by a patch in the overlay",
)
HOST = Installation(
    "sudo myweb",
    "sudo bin/install",
    "in /etc/myweb/myweb.env, then: sudo systemctl restart myweb.target",
    {
        "nginx": "sudo systemctl start nginx; sudo journalctl -u nginx -n 20",
        "postgres": "sudo systemctl start postgresql; systemctl status 'postgresql@*'",
        "live": "sudo systemctl start myweb.target; sudo journalctl -u 'myweb-live@*' -n 20",
    },
    start="sudo systemctl start myweb-{part}",
    restarts={
        "web": "sudo systemctl restart myweb-web; sudo journalctl -u myweb-web -n 20",
        "nginx": "sudo systemctl restart nginx; sudo journalctl -u nginx -n 20",
        "postgres": "sudo systemctl restart postgresql; systemctl status 'postgresql@*'",
    },
    restart_live="sudo systemctl restart myweb-live@{number}; sudo journalctl -u myweb-live@{number} -n 20",
    log="sudo journalctl -u myweb-{part} -n 20",
    certificate="sudo certbot renew; or sudo bin/install --certificate FILE --key FILE",
    proxy="sudo bin/install --trusted-proxy 10.0.0.1/32, with the network of the proxy",
    env=site.ENVIRONMENT,
    data=site.DATA,
)
STACK = Installation(
    "bin/stack manage",
    "bin/stack release",
    "in the shell, then: bin/stack down; bin/stack up",
    {"live": "bin/stack start live1 live2; bin/stack logs live1 live2"},
    start="bin/stack start {part}",
    restart_live="bin/stack kill {name}; bin/stack start {name}; bin/stack logs {name}",
    log="bin/stack logs {part}",
)
DEVELOPMENT = Installation(
    ".venv/bin/python manage.py",
    ".venv/bin/python manage.py collectstatic --noinput",
    "in .env, then start bin/dev again",
    {
        **dict.fromkeys(("nginx", "web", "live", "collector", "worker"), "bin/dev"),
        "redis": "redis-server - or unset REDIS_HOST",
        "postgres": "sudo systemctl start postgresql - or unset DATABASE_HOST",
    },
)
BY_HAND = Installation(
    "python manage.py",
    "python manage.py collectstatic --noinput",
    "in .env or the environment of every process, then start them again",
    {
        "nginx": "sudo systemctl start nginx; sudo journalctl -u nginx -n 20",
        "live": "python manage.py live",
        "collector": "python manage.py collect",
        "worker": "python manage.py worker",
        "web": "uwsgi --ini deploy/uwsgi/myweb.ini",
        "postgres": "sudo systemctl start postgresql - or set DATABASE_HOST, DATABASE_PORT, DATABASE_USER, ...",
        "redis": "sudo systemctl start redis-server - or set REDIS_HOST, REDIS_PORT, REDIS_SENTINELS",
    },
    restarts={
        "nginx": "sudo systemctl restart nginx; sudo journalctl -u nginx -n 20",
        "postgres": "sudo systemctl restart postgresql",
    },
)


def find_other_pods(part: str) -> str:
    """The doctor's command in the pods of this part; empty if it runs in one, or if parts have no pods."""
    if get_installation() is not KUBERNETES or socket.gethostname().startswith(f"{part}-"):
        return ""
    return KUBERNETES.elsewhere.format(part=part)


def get_installation() -> Installation:
    home = Path(settings.BASE_DIR)
    if home == Path("/app"):  # in an image
        if "MYWEB_SMALL" in os.environ:
            return SMALL
        return KUBERNETES if "KUBERNETES_SERVICE_HOST" in os.environ else COMPOSE
    if site.CODE in home.parents:
        return HOST
    if (Path(settings.STATIC_ROOT).parent.parent / "stack.json").exists():
        return STACK
    return DEVELOPMENT if settings.DEBUG else BY_HAND
