"""The production shape on one machine, without containers: see ``bin/stack --help``."""
