class StackError(Exception):
    """One sentence for the person at the terminal, with the way out."""
