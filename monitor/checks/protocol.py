"""What a socket may ask of runs. The cards are in cards.py. See docs/protocol.md."""

from realtime.protocol import Command


class StopRun(Command, tag_field="do", tag="run.stop"):
    """End a run of one's own, by its number in the card; admins end any. -> {}"""

    run: int
