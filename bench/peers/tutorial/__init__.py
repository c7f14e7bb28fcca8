"""The chat that the Channels tutorial ends with, set for production."""
