"""What other apps may want to know about people."""

from django.dispatch import Signal

person_changed = Signal()
"""A name, handle, colour, role or activity is another now. ``person``: the user, as they are after it. Sent inside the
transaction that makes it so."""

role_changed = Signal()
"""``person``: the user with the new role. Sent after the commit."""

sessions_ended = Signal()
"""Every session of ``person`` has ended but one, which had the key ``before`` and has the key ``after``; both are empty
if none is left. Sent after the commit."""
