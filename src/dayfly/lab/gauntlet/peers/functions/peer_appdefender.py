"""AppDefender on a Lambda handler: importing it is all."""

import os

import appdefender  # noqa: F401
from peer_loading import load

handler = load(os.environ["PEER_FUNCTION"])
