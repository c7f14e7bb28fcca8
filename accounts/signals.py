"""What other apps may want to know about people. Sent inside the transaction that makes it so."""

from django.dispatch import Signal

person_changed = Signal()
"""A name, handle, colour, role or activity is another now. ``person``: the user, as they are after it."""
