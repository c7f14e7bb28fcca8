"""Stores posts on plain Channels: a row and a commit per message, then the response."""
