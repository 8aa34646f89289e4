"""Read a function before it is deployed: the way in, the harm, who brought it, and what it keeps.

Never imports or runs what it reads. Source, then facts, then checks, then a report; see docs/scan.md.
"""
