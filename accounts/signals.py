"""Changes of users, for other apps."""

from django.dispatch import Signal

user_changed = Signal()
"""A name, handle, colour, picture, role or activity is another now. ``user``: the user, as they are after it. Sent
inside the transaction that makes it so."""

role_changed = Signal()
"""``user``: the user with the new role. Sent after the commit."""

sessions_ended = Signal()
"""Every session of ``user`` has ended but one, which had the key ``before`` and has the key ``after``; both are empty
if none is left. Sent after the commit."""
