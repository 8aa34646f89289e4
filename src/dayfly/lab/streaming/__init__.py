"""Response streaming: what a runtime sends piece by piece reaches the caller piece by piece."""
