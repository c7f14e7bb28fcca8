"""Errors that end a process or a thread go to the log: in its format, without tokens and quoted values."""

import logging
import sys
import threading
from types import TracebackType

logger = logging.getLogger(__name__)


def log_uncaught_errors() -> None:
    sys.excepthook = log_end_of_process
    threading.excepthook = log_end_of_thread
    logging.captureWarnings(True)


def log_end_of_process(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logger.critical("This process ends", exc_info=(kind, error, trace))


def log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    error = ended.exc_value or ended.exc_type()
    name = ended.thread.name if ended.thread else "without a name"
    logger.error("The thread %s ends", name, exc_info=(ended.exc_type, error, ended.exc_traceback))
