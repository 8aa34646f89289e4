"""From the event to a sink: an interpreter of Python over abstract values that carry where they come from."""
