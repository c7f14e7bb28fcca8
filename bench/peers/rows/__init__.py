"""Posts as they are stored on stock Channels: a row and a commit for each message, then its answer."""
