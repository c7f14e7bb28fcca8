"""Incidents as an Atom feed."""

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
        """A feed without incidents has a fixed date, so that readers do not fetch it again."""
        return super().latest_post_date() if self.items else EMPTY_FEED_DATE


def render_feed(language: str, site: str) -> str:
    """``site`` is the scheme and host."""
    title = StatusPage.current().title or Workspace.current().name or "myweb"
    address = site + reverse("status_in", args=[language])
    own = site + reverse("status_feed", args=[language])
    ids = settings.ORIGINS[0] if settings.ORIGINS else site  # the same for every name of the site
    guid = ids + reverse("status_in", args=[language])
    feed = StatusFeed(title, address, "", language=language, feed_url=own, feed_guid=guid, author_name=title)
    for incident in get_published_incidents()[:INCIDENTS_SHOWN]:
        updates = incident.news  # type: ignore[attr-defined]
        feed.add_item(
            title=f"{incident.title} ({incident.get_state_display()})",
            link=f"{address}#incident-{incident.pk}",
            description=render_updates(incident),
            unique_id=f"{ids}{reverse('status')}#incident-{incident.pk}",
            pubdate=incident.started_at,
            updateddate=updates[0].at if updates else incident.started_at,
        )
    return feed.writeString("utf-8")


def render_updates(incident: Incident) -> str:
    """Return HTML with the newest update first. It was sanitized when it was stored."""
    paragraphs = [
        format_html("<p><strong>{}</strong> · {} UTC</p>", update.get_state_display(), f"{update.at:%Y-%m-%d %H:%M}")
        + update.html
        for update in incident.news  # type: ignore[attr-defined]
    ]
    return "".join(paragraphs)
