"""The names of an environment's own loopback address: sandbox.localdomain, where its extensions listen.

The network is the machine's, and every environment of a function has the same extension on the same port. So each has an
address of its own in 127.0.0.0/8 behind that name, and extensions that listen at it do not meet.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

NAMES = ("sandbox.localdomain", "sandbox")
_MACHINES = Path("/etc/hosts")


class Hosts:
    """One environment's /etc/hosts: the machine's, and its own names before it."""

    def __init__(self, folder: Path, environment_id: str) -> None:
        self.loopback = loopback_of(environment_id)
        self.path = folder / "hosts"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            rest = _MACHINES.read_text(errors="replace")
        except OSError:
            rest = "127.0.0.1 localhost\n"
        self.path.write_text(f"{self.loopback} {' '.join(NAMES)}\n{rest}")
        self.path.chmod(0o644)


def loopback_of(environment_id: str) -> str:
    """An address of the machine's loopback network, the same for the same environment.

    Never 127.0.0.0/16, where machines have services of their own.
    """
    digits = hashlib.sha256(environment_id.encode()).digest()
    return f"127.{digits[0] % 255 + 1}.{digits[1]}.{digits[2] % 254 + 1}"
