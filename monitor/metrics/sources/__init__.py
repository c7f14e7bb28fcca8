"""Creates the readers of the sources that are configured here."""

from django.conf import settings

from monitor.metrics.sources.database import DatabaseReader
from monitor.metrics.sources.host import HostReader
from monitor.metrics.sources.live import LiveReader
from monitor.metrics.sources.nginx import NginxReader
from monitor.metrics.sources.redis import RedisReader
from monitor.metrics.sources.source import SourceReader
from monitor.metrics.sources.statsd_socket import StatsdReader
from monitor.metrics.sources.tasks import TasksReader
from monitor.metrics.sources.web import WebReader


def create_configured_readers() -> list[SourceReader]:
    readers: list[SourceReader] = [HostReader(), LiveReader(), DatabaseReader(), TasksReader()]
    if settings.WEB_STATS:
        readers.append(WebReader(settings.WEB_STATS))
    if settings.NGINX_STATUS:
        readers.append(NginxReader(settings.NGINX_STATUS, settings.NGINX_REQUESTS))
    if settings.REDIS:
        readers.append(RedisReader())
    if settings.STATSD:
        readers.append(StatsdReader(*settings.STATSD))
    return readers
