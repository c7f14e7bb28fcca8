"""Every way of serving in deploy/schemes, started from its own files and asked: ``bin/test schemes``."""
