"""Measures what myweb does per second on this machine, compared with other servers: see ``bin/bench --help``."""
