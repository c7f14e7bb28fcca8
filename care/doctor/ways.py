"""How a part is mended where this site runs: by compose, systemd, bin/stack, bin/dev, on Kubernetes, or by hand."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Way:
    manage: str  # before the name of a management command
    collect: str  # brings the static files to what the code is
    settings: str  # where a variable is set, and what makes it count
    start: dict[str, str] = field(default_factory=dict)  # part -> command, where they differ
    others: str = ""  # for the rest; {part} is its name

    def starts(self, part: str) -> str:
        return self.start.get(part) or self.others.format(part=part)

    def sets(self, what: str) -> str:
        return f"{what} ({self.settings})"


COMPOSE = Way(
    "docker compose exec web python manage.py",
    "docker compose up -d --build",
    "in .env beside docker-compose.yml, then: docker compose up -d",
    others="docker compose restart {part}; docker compose logs --tail 20 {part}",
)
KUBERNETES = Way(
    "kubectl exec deploy/web -c web -- python manage.py",
    "kubectl apply -k with the images of one release",
    "in the overlay's configMapGenerator, then: kubectl apply -k",
    {"postgres": "kubectl get cluster,pods", "redis": "kubectl rollout restart statefulset/redis"},
    "kubectl rollout restart deployment/{part}",
)
HOST = Way(
    "sudo myweb",
    "sudo bin/install",
    "in /etc/myweb/myweb.env, then: sudo systemctl restart myweb.target",
    {
        "nginx": "sudo systemctl restart nginx; journalctl -u nginx -n 20",
        "postgres": "sudo systemctl restart postgresql; systemctl status 'postgresql@*'",
        "live": "sudo systemctl restart myweb.target; journalctl -u 'myweb-live@*' -n 20",
    },
    "sudo systemctl restart myweb-{part}; journalctl -u myweb-{part} -n 20",
)
STACK = Way(
    "bin/stack manage",
    "bin/stack release",
    "where bin/stack up is called",
    {"live": "bin/stack start live1 live2"},
    "bin/stack start {part}; bin/stack logs {part}",
)
DEVELOPMENT = Way(
    ".venv/bin/python manage.py",
    ".venv/bin/python manage.py collectstatic --noinput",
    "in .env, then start bin/dev again",
    {"redis": "redis-server", "postgres": "sudo systemctl start postgresql"},
    "bin/dev",
)
BY_HAND = Way(
    "python manage.py",
    "python manage.py collectstatic --noinput",
    "in .env or the environment of every process, then start them again",
    {
        "live": "python manage.py live",
        "collector": "python manage.py collect",
        "web": "uwsgi --ini deploy/uwsgi/myweb.ini",
        "postgres": "sudo systemctl start postgresql",
        "redis": "sudo systemctl start redis-server",
    },
    "sudo systemctl restart {part}",
)


def way() -> Way:
    home = Path(settings.BASE_DIR)
    if home == Path("/app"):  # of the image
        return KUBERNETES if "KUBERNETES_SERVICE_HOST" in os.environ else COMPOSE
    if Path("/opt/myweb") in home.parents:
        return HOST
    if (Path(settings.STATIC_ROOT).parent.parent / "stack.json").exists():
        return STACK
    return DEVELOPMENT if settings.DEBUG else BY_HAND
