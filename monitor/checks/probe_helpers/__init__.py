"""What several kinds of probes need: connections, HTTP requests, certificate chains, and comparing answers."""
