"""The function itself, for protections that start the runtime."""

import os

from peer_loading import load

handler = load(os.environ["PEER_FUNCTION"])
