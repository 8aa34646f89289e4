"""The article's attack as a story in two acts: the same traffic on a plain function and under Dayfly."""
