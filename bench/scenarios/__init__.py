"""One module a scenario: which servers it starts, and what it asks of them."""
