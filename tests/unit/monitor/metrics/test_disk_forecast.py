"""How many days a disk has left."""

from monitor.metrics.disk_forecast import DiskForecast

GIB = 2.0**30


def last(filling: DiskForecast, free: list[float], every: float = 60.0) -> float | None:
    """What is said after these, a minute apart."""
    answer = None
    for number, each in enumerate(free):
        answer = filling.get_days_left(each, 1_000.0 + number * every)
    return answer


def test_a_disk_that_fills_evenly_has_as_many_days_as_are_left() -> None:
    each_minute = GIB / 1_440
    free = [10 * GIB - number * each_minute for number in range(121)]
    days = last(DiskForecast(), free)
    assert days is not None
    assert abs(days - 9.9) < 0.1


def test_of_too_short_a_time_nothing_is_said() -> None:
    assert last(DiskForecast(), [GIB - number * 1e6 for number in range(30)]) is None


def test_a_disk_that_does_not_fill_has_no_end() -> None:
    assert last(DiskForecast(), [GIB + number * 1e6 for number in range(120)]) is None
    assert last(DiskForecast(), [GIB] * 120) is None


def test_a_year_is_too_far_to_tell() -> None:
    assert last(DiskForecast(), [1_000 * GIB - number for number in range(120)]) is None


def test_old_points_are_forgotten() -> None:
    filling = DiskForecast()
    last(filling, [GIB] * 1_000)
    assert len(filling.points) <= 361
