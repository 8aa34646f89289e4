"""What the store knows of a function's environments around an order to retire them, and which of them are infected."""
