"""`dayfly plan`: what each isolation would cost a function and what a fresh worker would lose, seen by running it."""
