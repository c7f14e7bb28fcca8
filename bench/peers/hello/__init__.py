"""A minimal Django site."""
