"""The site on one Debian or Ubuntu host, run by systemd: see ``bin/install --help``. It needs nothing but Python."""
