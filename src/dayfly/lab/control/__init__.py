"""The lab's control plane: Lambda's API for functions, versions, aliases, layers, concurrency and tags."""
