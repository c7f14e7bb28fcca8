"""A minimal Django site: a second site, and a measure of a server's own cost."""
