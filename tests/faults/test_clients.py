"""Clients that fall far behind, and are whole again afterwards."""

from tests.faults.conversation import conversation
from tests.faults.stack import LIVE, connections, memory, only

SLOW = 3
MEGABYTE = 1024 * 1024
KEPT = 4 * MEGABYTE  # for a client who does not take it
PAGE = "All work and no play makes Jack a dull boy " * 210  # 9 KB, and quickly rendered


async def test_who_sleeps_through_ten_thousand_messages_reads_them_all_afterwards() -> None:
    async with conversation() as talk:
        sleeper, *others = talk.talkers
        await sleeper.socket.sleep()
        for batch in range(10):
            await talk.narrate([f"Note {batch}.{number}" for number in range(1000)])
        await talk.goes_on(among=others)
        sleeper.socket.awake.set()
        await talk.goes_on()
        await talk.ends()
        assert sleeper.replica.snapshots == 2, "it was too far behind for less"
        assert sleeper.pages >= 100
        assert all(each.replica.snapshots == 1 for each in others), "they heard each of them"


async def test_who_does_not_read_is_sent_away_and_costs_the_others_nothing() -> None:
    # Without compression, which would make a page of the same words a tenth: what is said is what is sent.
    deaf = {**only(LIVE[0]), "ping_interval": None, "max_queue": 1, "compression": None}
    async with conversation([*([None] * 5), *([deaf] * SLOW)]) as talk:
        fast, slow = talk.talkers[:-SLOW], talk.talkers[-SLOW:]
        for each in slow:
            each.socket.listening.clear()
        least, said = memory(LIVE[0]), 0
        while sum(connections()) > len(fast):
            await talk.hears(await talk.narrate([PAGE] * 50), among=fast)
            said += 50 * len(PAGE)
            assert said < 6 * KEPT, "they are still there"
            assert memory(LIVE[0]) - least < SLOW * KEPT + 16 * MEGABYTE, "more is kept for them"
        await talk.goes_on(among=fast)
        assert not any(each.socket.closes for each in fast)
        for each in slow:
            each.socket.listening.set()
        await talk.goes_on()
        await talk.ends()
        assert all(len(each.socket.closes) == 1 for each in slow)
