"""What somebody means by ``/chart cpu``: a series, or a panel of a dashboard, of those that they may see."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cached_property

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from monitor.dashboards import access
from monitor.dashboards.automatic import AUTOMATIC, Dashboard, Panel, chosen
from monitor.dashboards.charts.cards import Found, full
from monitor.dashboards.layouts import automatic, drawn
from monitor.metrics.access import get_visible_sources
from monitor.metrics.ingest.names import shorten_series_name
from monitor.metrics.models import Series
from myweb.errors import Refused

CANDIDATES = 5


class Sight:
    """What somebody may see."""

    def __init__(self, by: User) -> None:
        self.by = by

    @cached_property
    def series(self) -> list[Series]:
        found = Series.objects.filter(source__in=get_visible_sources(self.by)).select_related("source")
        return [*found.order_by("source_id", "position")]

    @cached_property
    def boards(self) -> list[Dashboard]:
        """Those whose panels have titles that people know."""
        keys = {each.source.key for each in self.series}
        own = [board for key, board in AUTOMATIC.items() if key in keys]
        return own + [drawn(made) for made in access.dashboards_of(self.by)]

    @cached_property
    def titles(self) -> list[tuple[Dashboard, Panel, set[str]]]:
        """Each panel with what it is called, in the asker's language and in English."""
        return [(board, panel, names_of(board, panel)) for board in self.boards for panel in board.panels]

    def of(self, key: str) -> "Sight":
        """Only what one source and its own dashboard show."""
        narrow = Sight(self.by)
        narrow.series = [each for each in self.series if each.source.key == key]
        narrow.boards = [each for each in self.boards if each.key == key]
        return narrow


def names_of(board: Dashboard, panel: Panel) -> set[str]:
    titles = {str(panel.title)}
    with translation.override("en"):
        titles.add(str(panel.title))
    return {name.casefold() for title in titles for name in (title, f"{board.key} {title}")}


def find(by: User, what: str) -> Found:
    """Refuses with what it may have been, where that is nothing or several things."""
    sight, text, found = Sight(by), what.casefold(), dict[str, Found]()
    for stage in STAGES:
        fits = some(stage(sight, text))
        if not found and len(fits) == 1:
            return fits.popitem()[1]
        found |= {name: each for name, each in fits.items() if name not in found}
    if found:
        raise unclear(_("“%(what)s” is ambiguous: %(names)s."), what, found)
    if not sight.series and not sight.boards:
        raise Refused("invalid", _("You have no dashboards yet."))
    raise unclear(_("“%(what)s” was not found. Available: %(names)s."), what, near(sight, text))


def some(fits: Iterable[Found]) -> dict[str, Found]:
    """By how they are spelled, no more than can be named."""
    found: dict[str, Found] = {}
    for each in fits:
        found.setdefault(each.spelled, each)
        if len(found) > CANDIDATES:
            break
    return found


def unclear(text: str, what: str, names: Iterable[str]) -> Refused:
    listed = ", ".join(shorten_series_name(name) for name in [*names][:CANDIDATES]) or "–"
    return Refused("invalid", text % {"what": what[:60], "names": listed})


def near(sight: Sight, text: str) -> list[str]:
    known = [full(each) for each in sight.series]
    return get_close_matches(text, known, CANDIDATES, 0.5) or firsts(sight) or known


def firsts(sight: Sight) -> list[str]:
    """What stands first on each dashboard."""
    return [found.spelled for board in sight.boards for found in panels(board, board.panels[:1])]


# From the most exact to the least; the first that finds something decides.


def by_full_name(sight: Sight, text: str) -> Iterable[Found]:
    return (of_series(each) for each in sight.series if full(each).casefold() == text)


def by_machine(sight: Sight, text: str) -> Iterable[Found]:
    """What everything runs on comes first: uWSGI and Redis have a "cpu" and a "memory" as well."""
    machine = sight.of("host")
    return next((fits for stage in (by_name, by_title, by_group) if (fits := [*stage(machine, text)])), [])


def by_name(sight: Sight, text: str) -> Iterable[Found]:
    return (of_series(each) for each in sight.series if each.name.casefold() == text)


def by_title(sight: Sight, text: str) -> Iterable[Found]:
    return of_titles(sight, lambda name: name == text)


def by_group(sight: Sight, text: str) -> Iterable[Found]:
    """ "cpu": of all that is called cpu.…, what its dashboard shows first."""
    groups: dict[str, list[str]] = {}
    for each in sight.series:
        if each.name.casefold().startswith(f"{text}."):
            groups.setdefault(each.source.key, []).append(full(each))
    for key, names in groups.items():
        board = automatic(key)
        yield from panels(board, [panel for panel in board.panels if chosen(panel.series, names)][:1])


def by_beginning(sight: Sight, text: str) -> Iterable[Found]:
    return alike(sight, lambda name: name.startswith(text))


def by_part(sight: Sight, text: str) -> Iterable[Found]:
    return alike(sight, lambda name: text in name)


STAGES: tuple[Callable[[Sight, str], Iterable[Found]], ...] = (
    by_full_name,
    by_machine,
    by_name,
    by_title,
    by_group,
    by_beginning,
    by_part,
)


def alike(sight: Sight, fits: Callable[[str], bool]) -> Iterable[Found]:
    yield from of_titles(sight, fits)
    for each in sight.series:
        if fits(each.name.casefold()) or fits(full(each).casefold()):
            yield of_series(each)


def of_titles(sight: Sight, fits: Callable[[str], bool]) -> Iterable[Found]:
    for board, panel, names in sight.titles:
        if any(map(fits, names)):
            yield from panels(board, [panel])


def panels(board: Dashboard, wanted: Iterable[Panel]) -> Iterable[Found]:
    """Without those that have no series here."""
    for panel in wanted:
        found = of_panel(board, panel)
        if found.series:
            yield found


def of_panel(board: Dashboard, panel: Panel) -> Found:
    sources = {pattern.partition(".")[0] for pattern in panel.series}
    known = Series.objects.filter(source__key__in=sources).select_related("source").order_by("source_id", "position")
    by_name = {full(each): each for each in known}
    series = tuple(by_name[name] for name in chosen(panel.series, by_name))
    return Found(str(panel.title), series, board.key, panel.colour, panel.top)


def of_series(series: Series) -> Found:
    """As the dashboard of its source draws it, if that does."""
    key, name = series.source.key, full(series)
    shown = AUTOMATIC[key].panels if key in AUTOMATIC else ()
    panel = next((each for each in shown if chosen(each.series, [name])), Panel("", ()))
    return Found(series.name, (series,), key, panel.colour, panel.top)
