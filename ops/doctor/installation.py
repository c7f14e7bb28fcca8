"""The commands of each kind of installation: compose, Kubernetes, systemd, bin/stack, bin/dev, or by hand."""

import os
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
    start: str = ""  # {part} is its name, also in ``log``
    log: str = "what it prints"
    psql: str = "sudo -u postgres psql"
    redis: str = ""  # before redis-cli
    certificate: str = "ssl_certificate of nginx: certbot renew; sudo systemctl reload nginx"
    proxy: str = ""  # how to trust a proxy in front
    disk_usage: str = "sudo du -xh {path} | sort -h | tail -n 20"  # shows what uses the disk at {path}
    env: Path = Path(".env")  # from the code; holds secrets
    data: Path = Path("var")  # from the code; what grows beside the databases

    def start_command(self, part: str) -> str:
        return self.parts.get(part) or f"{self.start}; {self.log}".format(part=part)

    def log_command(self, part: str) -> str:
        return self.log.format(part=part)

    @property
    def trust_proxy_hint(self) -> str:
        return self.proxy or self.explain_setting("MYWEB_TRUSTED_PROXY=network of the proxy, such as 10.0.0.1/32")

    def explain_setting(self, what: str) -> str:
        return f"{what} ({self.settings})"


COMPOSE = Installation(
    "docker compose exec web python manage.py",
    "docker compose up -d --build",
    "in .env beside docker-compose.yml, then: docker compose up -d",
    start="docker compose restart {part}",
    log="docker compose logs --tail 20 {part}",
    psql="docker compose exec postgres psql -U myweb",
    redis="docker compose exec redis ",
    certificate="New files at MYWEB_TLS_CERTIFICATE (with its chain) and MYWEB_TLS_KEY, then: "
    "docker compose up -d --force-recreate nginx; with ACME: docker compose logs --tail 20 acme",
    disk_usage="docker system df; docker image prune; docker builder prune",
)
KUBERNETES = Installation(
    "kubectl -n myweb exec deployment/web -c web -- python manage.py",
    "kubectl apply -k overlays/gateway, with the images of one release",
    "in the overlay's configMapGenerator, then: kubectl apply -k overlays/gateway",
    {
        "nginx": "kubectl -n myweb logs deployment/web -c nginx --tail 20; kubectl -n myweb get gateways,ingresses",
        "postgres": "kubectl -n myweb get cluster,pods",
        "redis": "kubectl -n myweb rollout restart statefulset/redis",
    },
    start="kubectl -n myweb rollout restart deployment/{part}",
    log="kubectl -n myweb logs deployment/{part} --tail 20",
    psql="kubectl -n myweb exec -it postgres-1 -c postgres -- psql",
    redis="kubectl -n myweb exec -it redis-0 -c server -- ",
    certificate="kubectl -n myweb describe secret myweb-tls",
    disk_usage="kubectl describe nodes; kubectl -n myweb get pvc",
)
HOST = Installation(
    "sudo myweb",
    "sudo bin/install",
    "in /etc/myweb/myweb.env, then: sudo systemctl restart myweb.target",
    {
        "nginx": "sudo systemctl restart nginx; sudo journalctl -u nginx -n 20",
        "postgres": "sudo systemctl restart postgresql; systemctl status 'postgresql@*'",
        "live": "sudo systemctl restart myweb.target; sudo journalctl -u 'myweb-live@*' -n 20",
    },
    start="sudo systemctl restart myweb-{part}",
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
        "nginx": "sudo systemctl restart nginx; sudo journalctl -u nginx -n 20",
        "live": "python manage.py live",
        "collector": "python manage.py collect",
        "worker": "python manage.py worker",
        "web": "uwsgi --ini deploy/uwsgi/myweb.ini",
        "postgres": "sudo systemctl start postgresql - or set DATABASE_HOST, DATABASE_PORT, DATABASE_USER, ...",
        "redis": "sudo systemctl start redis-server - or set REDIS_HOST, REDIS_PORT, REDIS_SENTINELS",
    },
)


def get_installation() -> Installation:
    home = Path(settings.BASE_DIR)
    if home == Path("/app"):  # in the image
        return KUBERNETES if "KUBERNETES_SERVICE_HOST" in os.environ else COMPOSE
    if site.CODE in home.parents:
        return HOST
    if (Path(settings.STATIC_ROOT).parent.parent / "stack.json").exists():
        return STACK
    return DEVELOPMENT if settings.DEBUG else BY_HAND
