"""What is watched, what was measured, and who measures. One module a subject."""

from monitor.models.alerts import Alert, Instance, Integration, Notice, Route, Rule, Severity, Silence
from monitor.models.boards import Dashboard, DashboardVersion, Wall
from monitor.models.checks import Check, CheckChange, ProbeCommand, ProbeRun, State
from monitor.models.ingest import Beat, BeatChange, Latest, Pushed, Scraped
from monitor.models.note import Note
from monitor.models.pins import Pin
from monitor.models.status import Component, Incident, IncidentUpdate, StatusChange, StatusPage
from monitor.models.stored import Chunk, Rollup
from monitor.models.watched import Lease, Process, Series, Source, Tick

__all__ = [
    "Alert",
    "Beat",
    "BeatChange",
    "Check",
    "CheckChange",
    "Chunk",
    "Component",
    "Dashboard",
    "DashboardVersion",
    "Incident",
    "IncidentUpdate",
    "Instance",
    "Integration",
    "Latest",
    "Lease",
    "Note",
    "Notice",
    "Pin",
    "ProbeCommand",
    "ProbeRun",
    "Process",
    "Pushed",
    "Rollup",
    "Route",
    "Rule",
    "Scraped",
    "Series",
    "Severity",
    "Silence",
    "Source",
    "State",
    "StatusChange",
    "StatusPage",
    "Tick",
    "Wall",
]
