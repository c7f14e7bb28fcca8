"""Forecasts when a disk will be full, from how fast it filled in the last hours."""

from collections import deque

POINT_INTERVAL, WINDOW, MIN_WINDOW = (
    60.0,
    6 * 3600.0,
    3600.0,
)  # seconds: between points; of all points; before there is a forecast
MAX_DAYS = 365.0  # days; longer forecasts are dropped
DAY = 86_400.0


class DiskForecast:
    def __init__(self) -> None:
        self.points: deque[tuple[float, float]] = deque()  # (seconds, bytes free)

    def get_days_left(self, free: float, at: float) -> float | None:
        """Return None if there are too few points, or if the disk does not fill."""
        if not self.points or at - self.points[-1][0] >= POINT_INTERVAL:
            self.points.append((at, free))
            while at - self.points[0][0] > WINDOW:
                self.points.popleft()
        if at - self.points[0][0] < MIN_WINDOW:
            return None
        speed = -self.get_slope() * DAY
        days = free / speed if speed > 0 else MAX_DAYS
        return round(days, 1) if days < MAX_DAYS else None

    def get_slope(self) -> float:
        """Bytes a second, by least squares, so that one large file that is written and removed changes little."""
        count = len(self.points)
        middle = sum(at for at, _free in self.points) / count
        mean = sum(free for _at, free in self.points) / count
        spread = sum((at - middle) ** 2 for at, _free in self.points)
        return sum((at - middle) * (free - mean) for at, free in self.points) / spread if spread else 0.0
