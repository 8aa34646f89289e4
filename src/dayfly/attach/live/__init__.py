"""Puts Dayfly on functions that are deployed, and takes it off: decides, writes down, calls, looks."""
