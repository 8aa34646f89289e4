"""Faults that the lab injects by a plan: into the Runtime API, into processes, and into what an environment may use."""
