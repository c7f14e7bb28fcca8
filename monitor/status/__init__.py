"""The public status page and its incidents."""
