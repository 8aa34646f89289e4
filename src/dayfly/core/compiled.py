"""Settings and a policy as a layer carries them: checked and compiled when it is built, so that no start reads TOML.

Lines: the format's name, then variables as `DAYFLY_ISOLATION=window`, then at most one `policy=` with when it is
promoted and the packed policy, then `end`. No JSON is needed for the variables: the first interpreter of a start loads little.
"""

from __future__ import annotations

from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.policy import Policy

FORMAT = "dayfly-policy 1"
# Where a layer has it, beside what it was built with.
FILE_NAME = "policy"
_POLICY = "policy"
_END = "end"
# A policy has 64 kB at most, and the settings some lines.
MAX_BYTES = 128 * 1024


class Compiled:
    """What a compiled file says: `variables` stand behind the function's own, `policy` in the place of its package's."""

    __slots__ = ("_packed", "variables", "where")

    def __init__(self, variables: Mapping[str, str], packed: str, where: str) -> None:
        self.variables = variables
        self.where = where
        self._packed = packed

    @property
    def has_policy(self) -> bool:
        """Say whether it holds a policy."""
        return bool(self._packed)

    def policy(self) -> Policy | None:
        """Return the policy, None without one; raises SettingError for a text that is none."""
        if not self._packed:
            return None
        # For functions that have one.
        from dayfly.core.policy import Policy

        after, since, packed = [*self._packed.split(" ", 2), "", ""][:3]
        try:
            policy = Policy.unpack(packed)
            policy.promote_after = float(after)
            policy.quiet_since = float(since)
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            raise _broken(self.where, "its policy is damaged") from fault
        return policy


def write_compiled(variables: Mapping[str, str], policy: Policy | None) -> str:
    """Return the text of a compiled file; no value may hold a line's end."""
    lines = [FORMAT, *(f"{name}={value}" for name, value in sorted(variables.items()))]
    if policy is not None:
        lines.append(f"{_POLICY}={policy.promote_after!r} {policy.quiet_since!r} {policy.pack()}")
    return "\n".join([*lines, _END]) + "\n"


def read_compiled(data: bytes, where: str) -> Compiled:
    """Return what a compiled file says; raises SettingError for one that is cut short or was not written by Dayfly."""
    try:
        text = data.decode()
    except ValueError as fault:
        raise _broken(where, "it is no text") from fault
    lines = text.split("\n")
    if lines[0] != FORMAT:
        raise _broken(where, f"it does not begin with {FORMAT!r}")
    if lines[-2:] != [_END, ""]:
        raise _broken(where, "it is cut short")
    variables: dict[str, str] = {}
    packed = ""
    for line in lines[1:-2]:
        name, equals, value = line.partition("=")
        if not equals:
            raise _broken(where, "a line of it has no `=`")
        if name == _POLICY:
            packed = value
        else:
            variables[name] = value
    return Compiled(variables, packed, where)


def _broken(where: str, why: str) -> SettingError:
    return SettingError(f"{where} is no compiled policy: {why}", hint="build the layer again")
