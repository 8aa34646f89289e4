"""Measures the fleet at size, on a day of traffic that is made here."""
