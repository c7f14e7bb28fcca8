"""Sources, their series and values, and the lease of the collector."""

from monitor.metrics.models.history import Chunk, Rollup
from monitor.metrics.models.ingest import Beat, BeatChange, Latest, Pushed, Scraped
from monitor.metrics.models.note import Note
from monitor.metrics.models.series import Lease, Process, Series, Source, Tick

__all__ = [
    "Beat",
    "BeatChange",
    "Chunk",
    "Latest",
    "Lease",
    "Note",
    "Process",
    "Pushed",
    "Rollup",
    "Scraped",
    "Series",
    "Source",
    "Tick",
]
