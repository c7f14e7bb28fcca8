"""Incidents for readers of feeds, as Atom."""

from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html

from accounts.models import Workspace
from monitor.status.models import Incident, StatusPage
from monitor.status.page import get_published_incidents

INCIDENTS_SHOWN = 30
EMPTY_FEED_DATE = datetime(2000, 1, 1, tzinfo=UTC)


class StatusFeed(Atom1Feed):
    def latest_post_date(self) -> datetime:
        """A feed without incidents stays the same, too: readers would fetch it again and again."""
        return super().latest_post_date() if self.items else EMPTY_FEED_DATE


def render_feed(language: str, site: str) -> str:
    """``site``: scheme and host."""
    title = StatusPage.current().title or Workspace.current().name or "myweb"
    address = site + reverse("status_in", args=[language])
    own = site + reverse("status_feed", args=[language])
    ids = settings.ORIGINS[0] if settings.ORIGINS else site  # the same by whatever name the site is reached
    guid = ids + reverse("status_in", args=[language])
    feed = StatusFeed(title, address, "", language=language, feed_url=own, feed_guid=guid, author_name=title)
    for incident in get_published_incidents()[:INCIDENTS_SHOWN]:
        news = incident.news  # type: ignore[attr-defined]
        feed.add_item(
            title=f"{incident.title} ({incident.get_state_display()})",
            link=f"{address}#incident-{incident.pk}",
            description=render_updates(incident),
            unique_id=f"{ids}{reverse('status')}#incident-{incident.pk}",
            pubdate=incident.started_at,
            updateddate=news[0].at if news else incident.started_at,
        )
    return feed.writeString("utf-8")


def render_updates(incident: Incident) -> str:
    """HTML, the newest update first; each was made clean when it was stored."""
    told = [
        format_html("<p><strong>{}</strong> · {} UTC</p>", each.get_state_display(), f"{each.at:%Y-%m-%d %H:%M}")
        + each.html
        for each in incident.news  # type: ignore[attr-defined]
    ]
    return "".join(told)
