"""What was measured: the last minutes as they come, then chunks and rollups, and any range of them read again."""
