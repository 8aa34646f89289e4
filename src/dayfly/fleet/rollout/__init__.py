"""What a function's findings tell of whether its guard may block, and of what happens once it does."""
