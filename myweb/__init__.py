"""The frame of the site: settings, addresses and the two doors to the servers. No behaviour lives here."""

__version__ = "0.1.0"
