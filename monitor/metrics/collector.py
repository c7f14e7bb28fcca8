"""Reads every source once a second, at the full second, and passes the values to the components.

While no dashboard is viewed, it reads every ten seconds. A source that does not answer in time is down. Its row is
then empty, never zeros, and other sources do not wait for it.
"""

import logging
import os
import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

import redis
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections

from monitor.metrics.catalogue import Catalogue
from monitor.metrics.component import CollectorComponent, run_guarded
from monitor.metrics.lease import DatabaseLease
from monitor.metrics.readings import Reading, SourceDown, Unit, Values
from monitor.metrics.sources.live import LiveReader
from monitor.metrics.sources.source import SourceReader
from monitor.metrics.store.ring import Ring, get_ring
from realtime.watchdog import Watchdog

logger = logging.getLogger(__name__)

TIMEOUT = 0.8  # seconds of each second that a source may take
DECLARATION_INTERVAL = 5  # seconds after which the declared sources are loaded again
DECLARED_THREADS = 4  # threads for all declared sources: these only return values that other threads received
IDLE_INTERVAL = 10  # seconds between ticks while no dashboard is viewed
FAST_SECONDS = 60  # seconds that ticks stay fast after the last view


class SourcePoller:
    """Reads one source in a thread and keeps its values, or the reason why it is down."""

    def __init__(self, source: SourceReader, threads: ThreadPoolExecutor) -> None:
        self.source, self.threads = source, threads
        self.asked: Future[list[Reading]] | None = None
        self.trouble = ""

    def ask(self, at: float) -> None:
        if self.asked is None or self.asked.done():
            self.asked = self.threads.submit(self.read, at)

    def read(self, at: float) -> list[Reading]:
        close_old_connections()
        return list(self.source.read(at))

    def answer(self) -> list[Reading] | None:
        """Return None if the source is down."""
        assert self.asked
        readings, reason = None, ""
        try:
            readings = self.asked.result(timeout=0)
        except TimeoutError:
            reason = f"No response within {TIMEOUT} s."
        except (SourceDown, OSError) as error:
            reason = str(error)
        except Exception as error:
            logger.debug("%s could not be read", self.source.key, exc_info=True)
            reason = repr(error)
        if bool(reason) != bool(self.trouble):
            logger.warning("%s %s", self.source.key, f"is down: {reason}" if reason else "is up again.")
        self.trouble = reason
        return readings


class CollectorStats:
    """The collector's own series."""

    key = "collector"

    def __init__(self) -> None:
        self.ticks, self.missed, self.took, self.late = 0, 0, 0.0, 0.0

    def readings(self, series: int, refused: int, down: int) -> list[Reading]:
        return [
            Reading("tick.time", self.took, Unit.SECONDS),
            Reading("tick.late", self.late, Unit.SECONDS),
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
        components: Sequence[CollectorComponent] = (),
        *,
        declared: Callable[[], Sequence[SourceReader]] = tuple,
        parent: int | None = None,
        beat: Path | None = None,
        watchdog: Watchdog | None = None,
    ) -> None:
        self.components = components
        self.threads = ThreadPoolExecutor(max_workers=len(sources) + 1, thread_name_prefix="source")
        self.readers = [SourcePoller(source, self.threads) for source in sources]
        self.lasting = len(self.readers)  # number of fixed sources; the declared ones follow them
        self.declared, self.looked = declared, 0
        self.crowd = ThreadPoolExecutor(max_workers=DECLARED_THREADS, thread_name_prefix="declared")
        self.live = next((source for source in sources if isinstance(source, LiveReader)), None)
        self.parent, self.beat, self.watchdog = parent, beat, watchdog
        self.ring: Ring = get_ring()
        self.catalogue = Catalogue()
        self.own = CollectorStats()
        self.lease = DatabaseLease("collector")
        self.leads = False
        self.stopping: SimpleQueue[None] = SimpleQueue()
        self.watched_at = time.monotonic()  # the first minute is measured every second, too
        self.last = 0  # tick

    def run(self) -> None:
        try:
            while self.parent in {None, os.getppid()}:
                now = time.time()
                t = int(now) + 1
                if self.stopped_within(t - now):
                    break
                self.turn(t)
                if self.beat:
                    self.beat.touch()
                if self.watchdog:
                    self.watchdog.beat()
        finally:
            self.end()

    def stop(self) -> None:
        """Stop the loop. A signal handler may call it: an Event could deadlock with the interrupted thread."""
        self.stopping.put(None)

    def stopped_within(self, seconds: float) -> bool:
        try:
            self.stopping.get(timeout=seconds)
        except Empty:
            return False
        return True

    def end(self) -> None:
        for threads in (self.threads, self.crowd):
            threads.shutdown(wait=False, cancel_futures=True)
        if self.leads:
            self.notify_components(lambda component: component.end())
            try:
                self.lease.release()
            except DatabaseTrouble as error:
                logger.info("The lease was not released and will expire: %s", error)

    def turn(self, t: int) -> None:
        """Run one second. An error of the database or Redis is logged and skips this tick only."""
        try:
            close_old_connections()
            leads = self.lease.hold()
            if leads != self.leads:
                logger.info(
                    "This collector is active." if leads else "Another collector is active; this one is on standby."
                )
                self.leads = leads
                self.catalogue = Catalogue()
                self.notify_components(lambda component: component.begin(self.catalogue) if leads else component.end())
            if leads and (self.is_watched() or t % IDLE_INTERVAL == 0):
                self.tick(t)
            if leads:
                self.notify_components(lambda component: component.second(t))
        except (DatabaseTrouble, redis.RedisError, OSError) as error:
            logger.warning("The tick at %d was skipped: %s", t, error)

    def is_watched(self) -> bool:
        if self.live and self.live.watched:
            self.watched_at = time.monotonic()
        is_urgent = any(component.hurries() for component in self.components)
        return is_urgent or time.monotonic() - self.watched_at < FAST_SECONDS

    def notify_components(self, notify: Callable[[CollectorComponent], None]) -> None:
        for component in self.components:
            run_guarded(partial(notify, component), logger.warning)

    def tick(self, t: int) -> None:
        started = time.perf_counter()
        self.own.late = max(0.0, time.time() - t)
        self.own.missed += max(0, t - self.last - 1) if self.last and self.is_watched() else 0
        self.last = t
        self.follow(t)
        rows = dict(self.rows(started, t))
        watched = self.live.watched if self.live else ()
        for component in self.components:
            component.publish(t, rows, watched)
        self.remember(t, rows)
        self.notify_components(lambda component: component.tick(t, rows))
        self.own.took = time.perf_counter() - started
        self.own.ticks += 1

    def remember(self, t: int, rows: Mapping[str, Values]) -> None:
        """Append the rows to the ring. If that fails, charts lack one second, but the rules still evaluate it."""
        try:
            self.ring.append(t, {self.catalogue.sheet(key).source.pk: values for key, values in rows.items()})
        except (DatabaseTrouble, redis.RedisError) as error:
            logger.warning("The values of %d were not stored: %s", t, error)

    def follow(self, t: int) -> None:
        """Load the declared sources again and replace their readers."""
        if abs(t - self.looked) < DECLARATION_INTERVAL:
            return
        known = {reader.source: reader for reader in self.readers[self.lasting :]}
        readers = [known.get(source) or SourcePoller(source, self.crowd) for source in self.declared()]
        removed_keys = {reader.source.key for source, reader in known.items() if reader not in readers}
        self.catalogue.reload(removed_keys | {reader.source.key for reader in readers if reader.source not in known})
        self.readers[self.lasting :] = readers
        self.looked = t

    def read(self, at: float) -> Iterable[tuple[str, SourceReader | None, list[Reading] | None]]:
        for reader in self.readers:
            reader.ask(at)
        wait([reader.asked for reader in self.readers if reader.asked], timeout=TIMEOUT)
        for reader in self.readers:
            yield reader.source.key, reader.source, reader.answer()
        sheets = list(self.catalogue)
        counts = sum(len(sheet.positions) for sheet in sheets), sum(sheet.refused for sheet in sheets)
        down = sum(bool(reader.trouble) for reader in self.readers)
        yield self.own.key, None, self.own.readings(*counts, down)

    def rows(self, at: float, t: int) -> Iterable[tuple[str, Values]]:
        """Yield the row of each source. An error in one source does not affect the others."""
        for key, source, readings in self.read(at):
            try:
                yield key, self.row(key, source, readings, t)
            except (DatabaseTrouble, redis.RedisError):
                raise
            except Exception:
                logger.exception("The values of %s can't be stored", key)
                yield key, array("d")

    def row(self, key: str, source: SourceReader | None, readings: list[Reading] | None, t: int) -> Values:
        if readings is None:
            return array("d")
        if source is None:
            return self.catalogue.sheet(key).row(readings, t)
        options = {"left_out": source.left_out, "dropped": source.take_dropped()}
        return self.catalogue.sheet(key).row(readings, t, interval=source.interval, **options)
