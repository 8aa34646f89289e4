"""The protections that come with Dayfly: none at all, and Dayfly itself; others plug in by entry point."""
