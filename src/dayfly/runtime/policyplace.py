"""Takes a policy from the layer that was made for it, before any code of the function's runs.

The supervisor reads it once and hands it on in memory, so a worker that could write the file would change nothing in this
life of the environment; a later life compares the digest, which the platform gives and no worker can change.
"""

from __future__ import annotations

import os
import stat

from dayfly._sys.access import is_writable
from dayfly.core import policylayer
from dayfly.core.policylayer import MAX_BYTES, PLACE
from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.settings import Settings

PLACE_VARIABLE = "DAYFLY_POLICY"
DIGEST_VARIABLE = "DAYFLY_POLICY_DIGEST"


def take(settings: Settings, environ: Mapping[str, str], *, place: str = PLACE) -> None:
    """Put the layer's policy into `settings`, in the place of the package's.

    Where it is wanted and cannot be had, `guard_on_fault` decides: open leaves the package's policy, if there is one, in
    force, with the reason in `policy_fault`, which becomes a finding; closed raises SettingError, and nothing starts.
    """
    path = environ.get(PLACE_VARIABLE, "") or place
    wanted = environ.get(DIGEST_VARIABLE, "").strip().lower()
    try:
        if wanted and not policylayer.is_digest(wanted):
            raise SettingError(f"{DIGEST_VARIABLE} is not a digest")
        if not path.startswith("/"):
            raise SettingError(f"{PLACE_VARIABLE} is not an absolute path")
        data = _read(path)
        found = policylayer.digest_of(data)
        if wanted and found != wanted:
            raise SettingError(
                f"{path} is not the promoted policy: its digest is {found} instead of {wanted}"
            )
        settings.policy = policylayer.parse(data)
    except SettingError as fault:
        if settings.guard_on_fault == "closed":
            raise SettingError(
                f"the policy cannot be used, and guard_on_fault is closed: {fault.message}",
                hint="run dayfly rollback, or set guard_on_fault to open",
            ) from fault
        settings.policy_fault = fault.message
        return
    settings.policy_source = "layer"
    settings.policy_digest = found
    if not wanted and is_writable(path):
        settings.policy_doubt = f"the function can change {path}, and {DIGEST_VARIABLE} is not set"


def _read(path: str) -> bytes:
    try:
        # A pipe must not hold up the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except (OSError, ValueError) as fault:
        raise SettingError(f"{path} cannot be read: {getattr(fault, 'strerror', None) or fault}") from fault
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SettingError(f"{path} is not a file")
        data = bytearray()
        while len(data) <= MAX_BYTES and (more := os.read(descriptor, MAX_BYTES + 1 - len(data))):
            data += more
    except OSError as fault:
        raise SettingError(f"{path} cannot be read: {fault.strerror}") from fault
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise SettingError(f"{path} is larger than {MAX_BYTES} bytes")
    return bytes(data)
