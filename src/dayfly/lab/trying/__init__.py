"""Runs the attack that a check's page describes: on the vulnerable handler, on the fixed one, and under Dayfly."""
