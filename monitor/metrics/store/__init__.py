"""Stored values: the ring buffer of the last minutes, chunks and rollups, and queries of any range."""
