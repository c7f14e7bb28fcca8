"""Ways of serving the site, one folder each: see README.md here and ``bin/scheme --help``."""
