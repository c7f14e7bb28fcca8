"""Socket commands of on call. The card of an offered shift is a message of the room."""

from realtime.protocol import Command


class TakeShift(Command, tag_field="do", tag="shift.take"):
    """Take a shift that another member of the room offers. -> {}"""

    offer: int


class WithdrawShift(Command, tag_field="do", tag="shift.withdraw"):
    """Withdraw the offer of a shift. -> {}"""

    offer: int
