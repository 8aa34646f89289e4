"""A policy that is delivered beside a function's code, in a layer of its own: its form, and what proves it; pure.

It is the file's table `[policy]` as JSON, so that one reader judges both, and no start pays for a reader of TOML (5.5 ms).
"""

from __future__ import annotations

import json

# The C module itself: `hashlib` brings OpenSSL, 3 ms.
from _blake2 import blake2b

from dayfly.core.policyfile import MAX_BYTES as MAX_POLICY_BYTES
from dayfly.core.policyfile import parse_policy
from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.policy import Policy

# Layers are unpacked into /opt, which is root's and read-only to the function:
# https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
PLACE = "/opt/dayfly.policy/policy.json"
SCHEMA = "dayfly-policy/1"
DIGEST_BYTES = 16
# Written out, a policy is longer than packed: kinds have names.
MAX_BYTES = 2 * MAX_POLICY_BYTES


def render(table: Mapping[str, object]) -> bytes:
    """Return the file for a table `[policy]`; raises SettingError where it is none."""
    parse_policy(table)
    whole = {"schema": SCHEMA, "policy": table}
    data = json.dumps(whole, separators=(",", ":"), sort_keys=True, ensure_ascii=True, default=str).encode()
    if len(data) > MAX_BYTES:
        raise SettingError(
            f"the policy has {len(data)} bytes; the limit is {MAX_BYTES}",
            hint="use ** for directories and * for hosts instead of single entries",
        )
    return data + b"\n"


def digest_of(data: bytes) -> str:
    """Return what names the file's very bytes: BLAKE2b of 128 bits, as `b2sum -l 128` prints it."""
    return blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def is_digest(text: str) -> bool:
    """Say whether a text can be a digest."""
    return len(text) == 2 * DIGEST_BYTES and set(text) <= set("0123456789abcdef")


def parse(data: bytes) -> Policy:
    """Return the policy in a file; raises SettingError for what is none, whatever is wrong with it."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise SettingError("it is not valid JSON", hint="publish it again: dayfly promote") from fault
    if not isinstance(whole, dict) or whole.get("schema") != SCHEMA:
        raise SettingError(
            f"its schema is not {SCHEMA}", hint="build it with the Dayfly version of the layer"
        )
    table = whole.get("policy")
    if not isinstance(table, dict):
        raise SettingError("it contains no policy", hint="publish it again: dayfly promote")
    return parse_policy(table)
