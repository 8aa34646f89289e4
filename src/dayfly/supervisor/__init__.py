"""The process that talks to the Runtime API and ends workers."""
