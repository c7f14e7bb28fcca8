"""Group commit: whatever is sent while a transaction runs goes into the next one.

A message alone commits at once; a storm makes big batches. Nothing is acknowledged before its commit, and the order of
a socket's messages is the order in which they came.
"""

import asyncio
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from django.db import DataError, IntegrityError
from django.utils.translation import gettext_lazy as _

from chat.drafts import Draft
from chat.events import Sent
from chat.store import Outcome, store
from realtime.batches import Batches
from realtime.meters import meters
from realtime.protocol import Refused

BATCH = 500  # drafts of one transaction

Writer = Batches[Draft, Sent]


def commit(drafts: Sequence[Draft]) -> Sequence[Outcome | Exception]:
    meters.sample("batch", len(drafts))
    try:
        return store(drafts)
    except (DataError, IntegrityError) as error:
        if len(drafts) > 1:  # one of them is not to be stored; each alone shows which
            return [outcome for draft in drafts for outcome in commit([draft])]
        # The same message from two processes at once can be sent again; one that the database will not hold cannot.
        return [Refused("invalid", _("This message can't be stored.")) if isinstance(error, DataError) else error]


_writers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Writer]" = WeakKeyDictionary()


def get_writer() -> Writer:
    loop = asyncio.get_running_loop()
    if loop not in _writers:
        _writers[loop] = Batches(commit, size=BATCH)
    return _writers[loop]
