"""The project: settings, URLs, WSGI and ASGI, and helpers that every app uses."""

__version__ = "0.1.0"
