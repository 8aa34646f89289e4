"""What each dependency can do, at import and when it is called, and what has changed since it was recorded."""
