"""Code that runs inside the observed function's process: the standard library alone, no import of Dayfly."""
