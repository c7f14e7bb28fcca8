"""What is watched, what was measured, and who measures. One module a subject."""

from monitor.models.boards import Dashboard, DashboardVersion, Wall
from monitor.models.checks import Check, CheckChange, ProbeCommand, ProbeRun, State
from monitor.models.ingest import Beat, BeatChange, Latest, Pushed, Scraped
from monitor.models.watched import Lease, Process, Series, Source, Tick

__all__ = [
    "Beat",
    "BeatChange",
    "Check",
    "CheckChange",
    "Dashboard",
    "DashboardVersion",
    "Latest",
    "Lease",
    "ProbeCommand",
    "ProbeRun",
    "Process",
    "Pushed",
    "Scraped",
    "Series",
    "Source",
    "State",
    "Tick",
    "Wall",
]
