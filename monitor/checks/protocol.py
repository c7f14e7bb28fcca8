"""Socket commands of runs. The cards are in cards.py. See docs/protocol.md."""

from realtime.protocol import Command


class StopRun(Command, tag_field="do", tag="run.stop"):
    """Stop one's own run by its number on the card. Admins can stop any run. -> {}"""

    run: int
