"""The same view of a function that has something to be made anew in each worker."""

import socket

from managed import view  # noqa: F401

PAIR = socket.socketpair()
