"""Puts Dayfly into deployment templates, and takes it out again byte for byte."""
