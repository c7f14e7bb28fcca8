"""The card of an offered shift, which ``oncall/offer_card.js`` draws, and the text beside it."""

from django.utils.translation import gettext as _

from chat.cards import Card
from monitor.oncall import timetable
from monitor.oncall.models import ShiftOffer


class ShiftOfferCard(Card, tag="shift_offer"):
    """A shift that a user offers. The card is updated once, when it is taken or withdrawn."""

    offer: int  # id, for commands
    schedule: str
    page: str  # of the schedule
    by: int  # id of the user who offers it
    name: str
    begins: int  # seconds since 1970
    ends: int
    closed: bool = False
    taker: str = ""  # name


def build_offer_card(offer: ShiftOffer) -> ShiftOfferCard:
    return ShiftOfferCard(
        offer=offer.pk,
        schedule=offer.schedule.name,
        page=f"/oncall/{offer.schedule_id}/",
        by=offer.user_id,
        name=offer.user.name,
        begins=int(offer.begins.timestamp()),
        ends=int(offer.ends.timestamp()),
        closed=offer.closed_at is not None,
        taker=offer.taken_by.name if offer.taken_by else "",
    )


def describe_offer(offer: ShiftOffer) -> str:
    texts = {
        "name": offer.user.name,
        "taker": offer.taken_by.name if offer.taken_by else "",
        "schedule": offer.schedule.name,
        "begins": timetable.format_local(offer.schedule, offer.begins),
        "ends": timetable.format_local(offer.schedule, offer.ends),
    }
    if offer.taken_by:
        return _("%(taker)s took the shift of %(name)s from %(begins)s to %(ends)s: %(schedule)s.") % texts
    if offer.closed_at:
        return _("%(name)s no longer offers the shift from %(begins)s to %(ends)s: %(schedule)s.") % texts
    return _("%(name)s offers the shift from %(begins)s to %(ends)s: %(schedule)s.") % texts
