"""The least that Django can do for a request."""
