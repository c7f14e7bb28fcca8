"""The final chat of the Channels tutorial, configured for production."""
