"""Event sources: queues that the lab reads and hands to functions in batches, as Lambda's pollers do."""
