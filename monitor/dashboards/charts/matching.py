"""Finds the series or panel for ``/chart cpu`` among those that the user can see."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cached_property

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from monitor.dashboards import access
from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS, DashboardView, Panel, select_series
from monitor.dashboards.charts.cards import ChartSubject, get_full_name
from monitor.dashboards.layouts import view_custom_dashboard, view_source_dashboard
from monitor.metrics.access import get_visible_sources
from monitor.metrics.ingest.names import shorten_series_name
from monitor.metrics.models import Series
from myweb.errors import Refused

MAX_CANDIDATES = 5


class SearchScope:
    """The series and dashboards that a user can see."""

    def __init__(self, by: User) -> None:
        self.by = by

    @cached_property
    def series(self) -> list[Series]:
        visible_series = Series.objects.filter(source__in=get_visible_sources(self.by)).select_related("source")
        return [*visible_series.order_by("source_id", "position")]

    @cached_property
    def dashboards(self) -> list[DashboardView]:
        """The dashboards with titled panels."""
        keys = {one_series.source.key for one_series in self.series}
        automatic = [board for key, board in AUTOMATIC_DASHBOARDS.items() if key in keys]
        return automatic + [view_custom_dashboard(custom) for custom in access.custom_dashboards_of(self.by)]

    @cached_property
    def panel_names(self) -> list[tuple[DashboardView, Panel, set[str]]]:
        """Each panel with its names in the user's language and in English."""
        return [(board, panel, list_panel_names(board, panel)) for board in self.dashboards for panel in board.panels]

    def narrow_to(self, key: str) -> "SearchScope":
        """Limits the scope to one source and its own dashboard."""
        scope = SearchScope(self.by)
        scope.series = [one_series for one_series in self.series if one_series.source.key == key]
        scope.dashboards = [board for board in self.dashboards if board.key == key]
        return scope


def list_panel_names(board: DashboardView, panel: Panel) -> set[str]:
    titles = {str(panel.title)}
    with translation.override("en"):
        titles.add(str(panel.title))
    return {name.casefold() for title in titles for name in (title, f"{board.key} {title}")}


def find_chart_subject(by: User, query: str) -> ChartSubject:
    """If there is no match or several, it refuses with suggestions."""
    scope, text, candidates = SearchScope(by), query.casefold(), dict[str, ChartSubject]()
    for matcher in MATCHERS:
        matches = take_candidates(matcher(scope, text))
        if not candidates and len(matches) == 1:
            return matches.popitem()[1]
        candidates |= {name: subject for name, subject in matches.items() if name not in candidates}
    if candidates:
        raise unclear_error(_("“%(what)s” is ambiguous: %(names)s."), query, candidates)
    if not scope.series and not scope.dashboards:
        raise Refused("invalid", describe_empty_scope(by))
    raise unclear_error(_("“%(what)s” was not found. Available: %(names)s."), query, suggest_names(scope, text))


def describe_empty_scope(by: User) -> str:
    if by.is_admin:
        return _("You have no dashboards yet. Those of this machine appear as soon as the collector runs.")
    return f"{_('You have no dashboards yet.')} {access.describe_whom_to_ask()}"


def take_candidates(subjects: Iterable[ChartSubject]) -> dict[str, ChartSubject]:
    """Returns candidates by query text, limited to those that a message can name."""
    candidates: dict[str, ChartSubject] = {}
    for subject in subjects:
        candidates.setdefault(subject.query_text, subject)
        if len(candidates) > MAX_CANDIDATES:
            break
    return candidates


def unclear_error(text: str, query: str, names: Iterable[str]) -> Refused:
    listed = ", ".join(shorten_series_name(name) for name in [*names][:MAX_CANDIDATES]) or "–"
    return Refused("invalid", text % {"what": query[:60], "names": listed})


def suggest_names(scope: SearchScope, text: str) -> list[str]:
    known = [get_full_name(series) for series in scope.series]
    return get_close_matches(text, known, MAX_CANDIDATES, 0.5) or list_first_panels(scope) or known


def list_first_panels(scope: SearchScope) -> list[str]:
    """Returns the first panel of each dashboard."""
    return [
        subject.query_text for board in scope.dashboards for subject in make_panel_subjects(board, board.panels[:1])
    ]


# From exact to loose matches. The first matcher with a result decides.


def match_full_name(scope: SearchScope, text: str) -> Iterable[ChartSubject]:
    return (make_series_subject(series) for series in scope.series if get_full_name(series).casefold() == text)


def match_machine(scope: SearchScope, text: str) -> Iterable[ChartSubject]:
    """Prefers the host, since uWSGI and Redis also have a "cpu" and a "memory"."""
    machine = scope.narrow_to("host")
    return next(
        (matches for matcher in (match_name, match_title, match_group) if (matches := [*matcher(machine, text)])), []
    )


def match_name(scope: SearchScope, text: str) -> Iterable[ChartSubject]:
    return (make_series_subject(series) for series in scope.series if series.name.casefold() == text)


def match_title(scope: SearchScope, text: str) -> Iterable[ChartSubject]:
    return match_titles(scope, lambda name: name == text)


def match_group(scope: SearchScope, text: str) -> Iterable[ChartSubject]:
    """For "cpu": the first panel of the dashboard with a series named cpu.…."""
    groups: dict[str, list[str]] = {}
    for series in scope.series:
        if series.name.casefold().startswith(f"{text}."):
            groups.setdefault(series.source.key, []).append(get_full_name(series))
    for key, names in groups.items():
        board = view_source_dashboard(key)
        yield from make_panel_subjects(
            board, [panel for panel in board.panels if select_series(panel.series, names)][:1]
        )


def match_beginning(scope: SearchScope, text: str) -> Iterable[ChartSubject]:
    return match_any_name(scope, lambda name: name.startswith(text))


def match_part(scope: SearchScope, text: str) -> Iterable[ChartSubject]:
    return match_any_name(scope, lambda name: text in name)


MATCHERS: tuple[Callable[[SearchScope, str], Iterable[ChartSubject]], ...] = (
    match_full_name,
    match_machine,
    match_name,
    match_title,
    match_group,
    match_beginning,
    match_part,
)


def match_any_name(scope: SearchScope, is_match: Callable[[str], bool]) -> Iterable[ChartSubject]:
    yield from match_titles(scope, is_match)
    for series in scope.series:
        if is_match(series.name.casefold()) or is_match(get_full_name(series).casefold()):
            yield make_series_subject(series)


def match_titles(scope: SearchScope, is_match: Callable[[str], bool]) -> Iterable[ChartSubject]:
    for board, panel, names in scope.panel_names:
        if any(map(is_match, names)):
            yield from make_panel_subjects(board, [panel])


def make_panel_subjects(board: DashboardView, panels: Iterable[Panel]) -> Iterable[ChartSubject]:
    """Skips panels without series."""
    for panel in panels:
        subject = make_panel_subject(board, panel)
        if subject.series:
            yield subject


def make_panel_subject(board: DashboardView, panel: Panel) -> ChartSubject:
    sources = {pattern.partition(".")[0] for pattern in panel.series}
    known = Series.objects.filter(source__key__in=sources).select_related("source").order_by("source_id", "position")
    by_name = {get_full_name(one_series): one_series for one_series in known}
    series = tuple(by_name[name] for name in select_series(panel.series, by_name))
    return ChartSubject(str(panel.title), series, board.key, panel.colour, panel.top)


def make_series_subject(series: Series) -> ChartSubject:
    """Uses the style of the panel that shows the series, if there is one."""
    key, name = series.source.key, get_full_name(series)
    panels = AUTOMATIC_DASHBOARDS[key].panels if key in AUTOMATIC_DASHBOARDS else ()
    panel = next((candidate for candidate in panels if select_series(candidate.series, [name])), Panel("", ()))
    return ChartSubject(series.name, (series,), key, panel.colour, panel.top)
