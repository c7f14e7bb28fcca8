class StackError(Exception):
    """One sentence for the user at the terminal that says what to do."""
