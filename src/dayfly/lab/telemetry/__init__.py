"""What the platform tells of an environment: events, their subscribers, its log lines, and the metadata endpoint."""
