"""One module per scenario, which starts servers and measures them."""
