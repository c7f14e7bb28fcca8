"""Group commit: messages that arrive while a transaction runs are stored by the next one.

A single message commits at once; under load the batches grow. No message is acknowledged before its commit, and the
messages of a socket keep their order.
"""

import asyncio
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from django.db import DataError, IntegrityError
from django.utils.translation import gettext_lazy as _

from chat.message_validation import IncomingMessage
from chat.protocol import Sent
from chat.store import StoreResult, store_messages
from myweb.errors import Refused
from realtime.batching import Batcher
from realtime.meters import meters

BATCH_SIZE = 500  # messages of one transaction

MessageWriter = Batcher[IncomingMessage, Sent]


def commit_messages(messages: Sequence[IncomingMessage]) -> Sequence[StoreResult | Exception]:
    meters.sample("batch", len(messages))
    try:
        return store_messages(messages)
    except (DataError, IntegrityError) as error:
        if len(messages) > 1:  # one of them cannot be stored: store each alone
            return [result for message in messages for result in commit_messages([message])]
        # The same message from two processes at once can be sent again; one that the database will not hold cannot.
        return [Refused("invalid", _("This message can't be stored.")) if isinstance(error, DataError) else error]


_writers: "WeakKeyDictionary[asyncio.AbstractEventLoop, MessageWriter]" = WeakKeyDictionary()


def get_writer() -> MessageWriter:
    loop = asyncio.get_running_loop()
    if loop not in _writers:
        _writers[loop] = Batcher(commit_messages, size=BATCH_SIZE)
    return _writers[loop]
