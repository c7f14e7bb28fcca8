"""All checks by name, causes before their effects."""

from ops.doctor.addresses import check_certificate, check_origins
from ops.doctor.backups import check_backups
from ops.doctor.channel_layer import check_channel_layer, check_redis
from ops.doctor.database import check_database
from ops.doctor.files import check_files
from ops.doctor.keys import check_secrets
from ops.doctor.link_previews import check_link_previews
from ops.doctor.machine import check_clock, check_disk
from ops.doctor.mail import check_mail
from ops.doctor.memory import check_memory_kills
from ops.doctor.oncall import check_oncall
from ops.doctor.processes import check_collector, check_live, check_uwsgi
from ops.doctor.push import check_push
from ops.doctor.routing import check_pages
from ops.doctor.site_client import Check
from ops.doctor.static_files import check_static_files
from ops.doctor.tasks import check_tasks
from ops.doctor.websocket import check_websocket

# In Kubernetes each part has pods and an nginx of its own, and no policy leads from one to another.
PODS = {
    "uwsgi": "web",
    "pages": "web",
    "static": "web",
    "origins": "web",
    "mail": "web",
    "files": "web",
    "previews": "web",
    "websocket": "live",
    "live": "live",
}
CHECKS: dict[str, Check] = {
    "database": check_database,
    "redis": check_redis,
    "layer": check_channel_layer,
    "uwsgi": check_uwsgi,
    "pages": check_pages,
    "websocket": check_websocket,
    "live": check_live,
    "collector": check_collector,
    "tasks": check_tasks,
    "push": check_push,
    "oncall": check_oncall,
    "files": check_files,
    "previews": check_link_previews,
    "static": check_static_files,
    "origins": check_origins,
    "certificate": check_certificate,
    "secrets": check_secrets,
    "clock": check_clock,
    "disk": check_disk,
    "memory": check_memory_kills,
    "backup": check_backups,
    "mail": check_mail,
}
