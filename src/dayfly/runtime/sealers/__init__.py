"""One module per kind of state that a fork must not copy as it is; see `dayfly.runtime.sealing`."""
