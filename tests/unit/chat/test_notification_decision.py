"""Who is notified of what, and when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from chat.models import Level
from chat.notifications.decision import TABLE, Occasion, Outcome, Recipient, decide
from chat.notifications.quiet_hours import QuietHours, WeeklyPeriod
from tests.zones import ZONES

DOCUMENT = Path(__file__).parents[3] / "docs" / "notifications.md"
OUTCOMES = {Outcome.NOW: "at once", Outcome.HELD: "when the quiet hours end", Outcome.NEVER: "never"}

occasions = st.builds(Occasion, st.booleans(), st.booleans(), st.booleans())
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
nights = st.builds(
    lambda begin, length: tuple(
        WeeklyPeriod(timedelta(days=day, hours=begin), timedelta(hours=length)) for day in range(7)
    ),
    st.integers(0, 23),
    st.integers(1, 20),
)
recipients = st.builds(
    Recipient,
    st.sampled_from(Level),
    st.builds(QuietHours, st.sampled_from(ZONES).map(ZoneInfo), nights | st.just(())),
    moments | st.none(),
    st.booleans(),
)


@given(occasions, recipients, moments)
def test_nothing_urgent_waits_or_is_lost(occasion: Occasion, recipient: Recipient, now: datetime) -> None:
    decision = decide(occasion._replace(is_urgent=True, is_own=False), recipient._replace(has_read=False), now)
    assert (decision.outcome, decision.at) == (Outcome.NOW, now)


@given(occasions, recipients, moments)
def test_what_is_read_or_their_own_is_never_told(occasion: Occasion, recipient: Recipient, now: datetime) -> None:
    assert decide(occasion, recipient._replace(has_read=True), now).outcome == Outcome.NEVER
    assert decide(occasion._replace(is_own=True), recipient, now).outcome == Outcome.NEVER


@given(occasions, recipients, moments)
def test_what_is_held_is_told_at_its_time_unless_it_was_read(
    occasion: Occasion, recipient: Recipient, now: datetime
) -> None:
    decision = decide(occasion, recipient, now)
    if decision.outcome != Outcome.HELD:
        return
    assert decision.at
    assert decision.at > now
    assert decide(occasion, recipient, decision.at).outcome == Outcome.NOW
    assert decide(occasion, recipient._replace(has_read=True), decision.at).outcome == Outcome.NEVER


@given(occasions, recipients, moments)
def test_quiet_hours_only_ever_delay(occasion: Occasion, recipient: Recipient, now: datetime) -> None:
    awake = decide(occasion, recipient._replace(quiet_hours=QuietHours(ZoneInfo("UTC"))), now)
    decision = decide(occasion, recipient, now)
    assert (decision.outcome == Outcome.NEVER) == (awake.outcome == Outcome.NEVER)


@given(occasions, recipients, moments)
def test_a_higher_level_tells_no_less(occasion: Occasion, recipient: Recipient, now: datetime) -> None:
    nothing, mentions, everything = (
        decide(occasion, recipient._replace(level=level), now).outcome != Outcome.NEVER
        for level in (Level.NOTHING, Level.MENTIONS, Level.ALL)
    )
    assert nothing <= mentions <= everything


def test_the_document_prints_the_table() -> None:
    rows = [f"| {number} | {row.reason} | {OUTCOMES[row.outcome]} |" for number, row in enumerate(TABLE, 1)]
    assert "\n".join(rows) in DOCUMENT.read_text(encoding="utf-8")
