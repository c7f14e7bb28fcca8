"""Counts what was left out of a body and keeps the first reasons."""

EXAMPLES = 5


class Refusals:
    def __init__(self) -> None:
        self.count = 0
        self.examples: list[str] = []

    def add(self, reason: str, line_number: int = 0, count: int = 1) -> None:
        """``line_number`` is its number, if the body has lines."""
        self.count += count
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"Line {line_number}: {reason}" if line_number else reason)

    @property
    def is_full(self) -> bool:
        """Whether it keeps no more examples."""
        return len(self.examples) == EXAMPLES
