"""The half that the guard was built on: a table of requests or attacks for each family of functions."""
