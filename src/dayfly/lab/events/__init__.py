"""Asynchronous invocation: the queue, its retries, and what becomes of events in the end."""
