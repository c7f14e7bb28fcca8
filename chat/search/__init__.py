"""Search in messages: an index of tokens that both databases answer alike, filled by the worker."""
