"""What is watched, what was measured, and who measures. One module a subject."""

from monitor.models.watched import Lease, Process, Series, Source, Tick

__all__ = ["Lease", "Process", "Series", "Source", "Tick"]
