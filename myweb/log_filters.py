"""Filters of log records."""

import logging

DOCTOR_HOST = "doctor.invalid"  # what manage.py doctor sends as an unknown host; reserved by RFC 2606


class UnknownHostFilter(logging.Filter):
    """Scanners send any host name, so one line without a traceback is enough; what the doctor sends is not logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        record.msg = str(record.msg).replace("ALLOWED_HOSTS", "MYWEB_ORIGINS")
        return DOCTOR_HOST not in record.msg
