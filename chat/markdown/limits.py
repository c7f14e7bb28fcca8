"""Limits of the cost of one message. Steps are counted, not timed, so the same text always renders the same."""

HTML_LIMIT = 64 * 1024  # bytes
NESTING_LIMIT = 20  # levels of lists and quotes, and of emphasis
COLUMN_LIMIT = 50
HANDLE_LIMIT = 1_000  # strings that are looked up in the database
STEPS = 4_000  # signs that may mean something, and three a line


class TooComplex(Exception):
    """The message is shown as plain text."""


class Budget:
    def __init__(self) -> None:
        self.left = STEPS

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooComplex
