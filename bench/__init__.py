"""What myweb does per second, beside its peers, on the reader's own machine: see ``bin/bench --help``."""
