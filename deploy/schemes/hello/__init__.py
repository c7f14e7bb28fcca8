"""The least that Django can do for a request: a second site, and the measure of a server's own cost."""
