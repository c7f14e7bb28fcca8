"""The production setup on one machine, without containers: see ``bin/stack --help``."""
