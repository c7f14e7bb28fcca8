"""What a collector reads, as far as it is configured here."""

from django.conf import settings

from monitor.metrics.sources.database import Database
from monitor.metrics.sources.host import Host
from monitor.metrics.sources.live import Live
from monitor.metrics.sources.nginx import Nginx
from monitor.metrics.sources.redis import Redis
from monitor.metrics.sources.source import Source
from monitor.metrics.sources.statsd import Statsd
from monitor.metrics.sources.web import Web


def configured() -> list[Source]:
    found: list[Source] = [Host(), Live(), Database()]
    if settings.WEB_STATS:
        found.append(Web(settings.WEB_STATS))
    if settings.NGINX_STATUS:
        found.append(Nginx(settings.NGINX_STATUS, settings.NGINX_REQUESTS))
    if settings.REDIS:
        found.append(Redis())
    if settings.STATSD:
        found.append(Statsd(*settings.STATSD))
    return found
