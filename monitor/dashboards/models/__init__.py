"""Dashboards, walls and pins."""

from monitor.dashboards.models.dashboards import Dashboard, DashboardVersion, Wall
from monitor.dashboards.models.pins import Pin

__all__ = [
    "Dashboard",
    "DashboardVersion",
    "Pin",
    "Wall",
]
