"""Reads every source once a second, at the full second, and passes the values to the jobs.

While no dashboard is viewed, it reads every ten seconds. A source that does not answer in time is down. Its row is
then empty, never zeros, and other sources do not wait for it.

While the database is away, the active collector reads every five seconds and keeps what it reads in memory. When the
database is back, the values are stored and the rules evaluate each moment of the gap.
"""

import logging
import os
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

import redis
from django.db import Error as DatabaseTrouble
from django.db import InterfaceError, OperationalError, close_old_connections

from monitor.metrics.catalogue import Catalogue
from monitor.metrics.collector_job import CollectorJob, run_guarded
from monitor.metrics.lease import NAME as LEASE_NAME
from monitor.metrics.lease import DatabaseLease
from monitor.metrics.pending import Measurement, PendingMeasurements, PendingRows, SourceReadings
from monitor.metrics.readings import Reading, SourceDown, Unit, Values
from monitor.metrics.sources.live import LiveReader
from monitor.metrics.sources.source import SourceReader
from monitor.metrics.store.ring import Ring, get_ring
from myweb.failure_log import FailureLog
from myweb.masking import describe_exception
from realtime.watchdog import Watchdog

logger = logging.getLogger(__name__)
failures = FailureLog(logger)

TIMEOUT = 0.8  # seconds of each second that a source may take
DECLARATION_INTERVAL = 5  # seconds after which the declared sources are loaded again
DECLARED_THREADS = 4  # threads for all declared sources: these only return values that other threads received
IDLE_INTERVAL = 10  # seconds between ticks while no dashboard is viewed
FAST_SECONDS = 60  # seconds that ticks stay fast after the last view
# Seconds that a collector on standby waits after a failure of the database. The active one has what it measured
# meanwhile, so it goes first.
STANDBY_PAUSE = 10
TICK = "The tick"


class SourcePoller:
    """Reads one source in a thread and keeps its values, or the reason why it is down."""

    def __init__(self, source: SourceReader, threads: ThreadPoolExecutor) -> None:
        self.source, self.threads = source, threads
        self.pending: Future[list[Reading]] | None = None
        self.error = ""

    def start_read(self, at: float) -> None:
        if self.pending is None or self.pending.done():
            self.pending = self.threads.submit(self.read, at)

    def read(self, at: float) -> list[Reading]:
        close_old_connections()
        return list(self.source.read(at))

    def get_result(self) -> list[Reading] | None:
        """Return None if the source is down."""
        assert self.pending
        readings, reason = None, ""
        try:
            readings = self.pending.result(timeout=0)
        except TimeoutError:
            reason = f"No response within {TIMEOUT} s."
        except (SourceDown, OSError) as error:
            reason = str(error)
        except Exception as error:
            logger.debug("%s could not be read", self.source.key, exc_info=True)
            reason = repr(error)
        if bool(reason) != bool(self.error):
            logger.warning("%s %s", self.source.key, f"is down: {reason}" if reason else "is up again.")
        self.error = reason
        return readings


class CollectorStats:
    """The collector's own series."""

    key = "collector"

    def __init__(self) -> None:
        self.ticks, self.missed, self.tick_seconds, self.late_seconds = 0, 0, 0.0, 0.0

    def readings(self, series: int, refused: int, down: int) -> list[Reading]:
        return [
            Reading("tick.time", self.tick_seconds, Unit.SECONDS),
            Reading("tick.late", self.late_seconds, Unit.SECONDS),
            Reading("ticks.missed", self.missed),
            Reading("series", series),
            Reading("series.refused", refused),
            Reading("sources.down", down),
        ]


class Collector:
    """Stops with the process ``parent``, if one is given. ``declared`` returns the sources that users declared.

    The collector touches the file ``beat`` each second, so that other processes can check it. ``watchdog`` ends the
    process if it hangs.
    """

    def __init__(
        self,
        sources: Sequence[SourceReader],
        jobs: Sequence[CollectorJob] = (),
        *,
        declared: Callable[[], Sequence[SourceReader]] = tuple,
        parent: int | None = None,
        beat: Path | None = None,
        watchdog: Watchdog | None = None,
    ) -> None:
        self.jobs = jobs
        self.threads = ThreadPoolExecutor(max_workers=len(sources) + 1, thread_name_prefix="source")
        self.readers = [SourcePoller(source, self.threads) for source in sources]
        self.fixed_count = len(self.readers)  # number of fixed sources; the declared ones follow them
        self.declared, self.declared_at = declared, 0
        self.declared_threads = ThreadPoolExecutor(max_workers=DECLARED_THREADS, thread_name_prefix="declared")
        self.live = next((source for source in sources if isinstance(source, LiveReader)), None)
        self.parent, self.beat, self.watchdog = parent, beat, watchdog
        self.ring: Ring = get_ring()
        self.catalogue = Catalogue()
        self.stats = CollectorStats()
        self.lease = DatabaseLease(LEASE_NAME)
        self.is_active = False
        self.standby_until = 0.0  # monotonic
        self.pending = PendingMeasurements()
        self.pending_rows = PendingRows()
        self.has_measured = False  # since the lease was held last
        self.stopping: SimpleQueue[None] = SimpleQueue()
        self.viewed_at = time.monotonic()  # the first minute is measured every second, too
        self.last_tick = 0  # tick

    def run(self) -> None:
        try:
            while self.parent in {None, os.getppid()}:
                now = time.time()
                t = int(now) + 1
                if self.wait_for_stop(t - now):
                    break
                self.run_second(t)
                if self.beat:
                    self.beat.touch()
                if self.watchdog:
                    self.watchdog.beat()
        finally:
            self.end()

    def stop(self) -> None:
        """Stop the loop. A signal handler may call it: an Event could deadlock with the interrupted thread."""
        self.stopping.put(None)

    def wait_for_stop(self, seconds: float) -> bool:
        try:
            self.stopping.get(timeout=seconds)
        except Empty:
            return False
        return True

    def end(self) -> None:
        for threads in (self.threads, self.declared_threads):
            threads.shutdown(wait=False, cancel_futures=True)
        if self.is_active:
            self.notify_jobs("end", lambda job: job.end())
            try:
                self.lease.release()
            except DatabaseTrouble as error:
                logger.info("The lease was not released and will expire: %s", error)

    def run_second(self, t: int) -> None:
        """Run one second. Without the database it only measures, and stores the values later."""
        try:
            close_old_connections()
            if self.hold_lease():
                self.run_active_second(t)
        except (InterfaceError, OperationalError) as error:
            failures.record_failure(TICK, error)
            self.standby_until = time.monotonic() + STANDBY_PAUSE
            if self.is_active:
                self.measure_without_database(error)
        except (DatabaseTrouble, redis.RedisError, OSError) as error:
            failures.record_failure(TICK, error)
        else:
            failures.record_success(TICK)

    def run_active_second(self, t: int) -> None:
        self.store_pending()
        if self.is_viewed() or t % IDLE_INTERVAL == 0:
            self.tick(t)
        self.notify_jobs("second", lambda job: job.second(t))

    def hold_lease(self) -> bool:
        """Whether this collector is the active one."""
        if not self.is_active and time.monotonic() < self.standby_until:
            return False
        is_active = self.lease.hold(has_measured=self.has_measured)
        self.has_measured = False
        if is_active != self.is_active:
            logger.info(
                "This collector is active." if is_active else "Another collector is active; this one is on standby."
            )
            self.is_active = is_active
            self.catalogue, self.pending, self.pending_rows = Catalogue(), PendingMeasurements(), PendingRows()
            if is_active:
                self.notify_jobs("begin", lambda job: job.begin(self.catalogue))
            else:
                self.notify_jobs("end", lambda job: job.end())
        return is_active

    def measure_without_database(self, error: Exception) -> None:
        t = int(time.time())  # the database may have taken seconds to fail
        if self.pending.is_due(t):
            self.last_tick = t
            self.pending.add(self.measure(t))
        reason = describe_exception(error)
        self.notify_jobs("without_database", lambda job: job.without_database(t, reason))

    def store_pending(self) -> None:
        """Process what was measured while the database was away, as if each moment were now."""
        if not self.pending.waiting:
            return
        count, begin = len(self.pending.waiting), self.pending.waiting[0].t
        while self.pending.waiting:
            try:
                self.process_measurement(self.pending.waiting[0])
            except (InterfaceError, OperationalError):
                raise  # it is away again
            except DatabaseTrouble as error:
                failures.record_failure("Storing a measurement made without the database", error)
            self.pending.waiting.popleft()
        logger.info(
            "Stored %d measurements of the last %d s, made without the database.", count, self.last_tick - begin
        )

    def is_viewed(self) -> bool:
        if self.live and self.live.watched:
            self.viewed_at = time.monotonic()
        is_urgent = any(job.hurries() for job in self.jobs)
        return is_urgent or time.monotonic() - self.viewed_at < FAST_SECONDS

    def notify_jobs(self, event: str, notify: Callable[[CollectorJob], None]) -> None:
        for job in self.jobs:
            run_guarded(f"{type(job).__name__}.{event}", partial(notify, job))

    def tick(self, t: int) -> None:
        started = time.perf_counter()
        self.stats.late_seconds = max(0.0, time.time() - t)
        self.stats.missed += max(0, t - self.last_tick - 1) if self.last_tick and self.is_viewed() else 0
        self.last_tick = t
        self.update_readers(t)
        self.process_measurement(self.measure(t), is_live=True)
        self.has_measured = True
        self.stats.tick_seconds = time.perf_counter() - started
        self.stats.ticks += 1

    def measure(self, t: int) -> Measurement:
        return Measurement(t, list(self.read_all(time.perf_counter())))

    def process_measurement(self, measurement: Measurement, *, is_live: bool = False) -> None:
        """``is_live``: viewers get it. Old values they read from the ring."""
        t, rows = measurement.t, dict(self.make_rows(measurement))
        if is_live:
            watched = self.live.watched if self.live else ()
            for job in self.jobs:
                job.publish(t, rows, watched)
        self.store_rows(t, rows)
        self.notify_jobs("tick", lambda job: job.tick(t, rows))

    def store_rows(self, t: int, rows: Mapping[str, Values]) -> None:
        """Append the rows to the ring, after those that it did not take before. The rules evaluate them anyway."""
        self.pending_rows.add(t, {self.catalogue.get_index(key).source.pk: values for key, values in rows.items()})
        try:
            while self.pending_rows.waiting:
                self.ring.append(*self.pending_rows.waiting[0])
                self.pending_rows.waiting.popleft()
        except (DatabaseTrouble, redis.RedisError) as error:
            failures.record_failure("Storing the values of the last minutes", error)
        else:
            failures.record_success("Storing the values of the last minutes")

    def update_readers(self, t: int) -> None:
        """Load the declared sources again and replace their readers."""
        if abs(t - self.declared_at) < DECLARATION_INTERVAL:
            return
        known = {reader.source: reader for reader in self.readers[self.fixed_count :]}
        readers = [known.get(source) or SourcePoller(source, self.declared_threads) for source in self.declared()]
        removed_keys = {reader.source.key for source, reader in known.items() if reader not in readers}
        self.catalogue.reload(removed_keys | {reader.source.key for reader in readers if reader.source not in known})
        self.readers[self.fixed_count :] = readers
        self.declared_at = t

    def read_all(self, at: float) -> Iterator[SourceReadings]:
        for reader in self.readers:
            reader.start_read(at)
        wait([reader.pending for reader in self.readers if reader.pending], timeout=TIMEOUT)
        for reader in self.readers:
            yield SourceReadings(reader.source.key, reader.source, reader.get_result())
        indexes = list(self.catalogue)
        counts = sum(len(index.positions) for index in indexes), sum(index.refused for index in indexes)
        down = sum(bool(reader.error) for reader in self.readers)
        yield SourceReadings(self.stats.key, None, self.stats.readings(*counts, down))

    def make_rows(self, measurement: Measurement) -> Iterable[tuple[str, Values]]:
        """Yield the row of each source. An error in one source does not affect the others."""
        for key, source, readings in measurement.sources:
            name = f"Storing the values of {key}"
            try:
                row = self.make_row(key, source, readings, measurement.t)
            except (DatabaseTrouble, redis.RedisError):
                raise
            except Exception as error:
                failures.record_failure(name, error, exc_info=True)
                yield key, array("d")
            else:
                failures.record_success(name)
                yield key, row

    def make_row(self, key: str, source: SourceReader | None, readings: Sequence[Reading] | None, t: int) -> Values:
        if readings is None:
            return array("d")
        if source is None:
            return self.catalogue.get_index(key).make_row(readings, t)
        options = {"left_out": source.left_out, "dropped": source.take_dropped()}
        return self.catalogue.get_index(key).make_row(readings, t, interval=source.interval, **options)
