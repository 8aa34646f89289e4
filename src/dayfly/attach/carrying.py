"""Puts the policy of a dayfly.toml into a layer: Dayfly's own, or a small second one for one function."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from dayfly.attach.layout import Entry, LayerError, archive, write_whole
from dayfly.core import policylayer
from dayfly.core.settings import load_settings
from dayfly.errors import SettingError

# All layers of a function are unpacked into /opt.
_OPT = "/opt/"


@dataclass(frozen=True, slots=True)
class Carried:
    """A policy as a layer carries it; `left_out` are the settings of the file that it does not, sorted."""

    data: bytes
    left_out: tuple[str, ...]

    @property
    def digest(self) -> str:
        """What names these very bytes, as DAYFLY_POLICY_DIGEST has it."""
        return policylayer.digest_of(self.data)

    @property
    def entry(self) -> Entry:
        """The file of a layer that holds it."""
        return Entry(policylayer.PLACE.removeprefix(_OPT), self.data)


def read_policy(path: Path) -> Carried:
    """Return the policy of a dayfly.toml as a layer carries it; raises SettingError with what is wrong."""
    try:
        table = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read: {error.strerror or error}", hint="give a dayfly.toml with --policy"
        ) from error
    except ValueError as error:
        raise SettingError(f"{path} is not valid TOML: {error}", hint="fix it first") from error
    # The whole file: what is wrong elsewhere in it is wrong for whoever wrote it.
    load_settings({}, table)
    policy = table.pop("policy", None)
    if policy is None:
        raise SettingError(f"{path} has no [policy] table", hint="create one with dayfly policy learn")
    table.pop("scan", None)
    return Carried(policylayer.render(policy), tuple(sorted(table)))


def build_policy_layer(output: Path, carried: Carried) -> bytes:
    """Write a layer that holds nothing but a policy, to be put on a function beside Dayfly's; return its bytes.

    Where two layers of a function carry one, that of the later in the function's list is read. Raises LayerError.
    """
    data = archive([carried.entry])
    write_whole(output, data)
    return data


def check_only_policy(carried: Carried | None, *, is_alone: bool) -> Carried:
    """Return the policy to write alone; raises LayerError where there is none, or where more was asked for."""
    if carried is None or not is_alone:
        raise LayerError(
            "--only-policy can be combined only with --policy and --output",
            hint="dayfly layer build --policy dayfly.toml --only-policy",
        )
    return carried
