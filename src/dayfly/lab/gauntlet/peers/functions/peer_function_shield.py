"""FunctionShield on a Lambda handler: everything it can refuse is refused."""

import os

import function_shield
from peer_loading import load

POLICY = dict.fromkeys(
    ("outbound_connectivity", "read_write_tmp", "create_child_process", "read_handler"), "block"
)
function_shield.configure({"policy": POLICY, "token": os.environ.get("FUNCTION_SHIELD_TOKEN", "")})
handler = load(os.environ["PEER_FUNCTION"])
