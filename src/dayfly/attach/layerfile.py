"""Reads a layer's zip before anybody trusts it, and unpacks zips as Lambda does into /opt."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import stat
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from dayfly.attach.layout import HOME, MAX_BYTES, MAX_NATIVE_BYTES, PYTHONS, LayerError, cache_tag
from dayfly.core.policylayer import PLACE, digest_of

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import RuntimeType

# Of a zip in the call itself; what is larger must come from S3. Unzipped, all layers and the function together:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ZIP_BYTES = 50 * 1024 * 1024
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
# Bytecode for every Python, and sources.
MAX_LAYER_BYTES = MAX_BYTES * (len(PYTHONS) + 1) + MAX_NATIVE_BYTES
_MAX_MANIFEST_BYTES = 64 * 1024
_WRAPPER = "dayfly"
# Where the layer's boot.py goes first, and what arms the guard.
_ENTRY, _GUARD = "dayfly/attach/enter.py", "dayfly/runtime/guard/hooks.py"
_MANIFEST = f"{HOME}/manifest.json"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
)


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A zip that was found to be a layer of Dayfly's. `version` is empty for one that holds a policy alone.

    `guarded` are the Pythons (`3.12`) whose guard is in it, `policy` is the digest of the policy in it ("": none).
    """

    data: bytes
    version: str
    runtimes: tuple[RuntimeType, ...]
    guarded: tuple[str, ...] = ()
    policy: str = ""

    def missing(self, python: str, variables: Mapping[str, str]) -> list[str]:
        """Return what a function of this Python with these variables asks for and the layer does not hold, in words."""
        if f"python{python}" not in self.runtimes:
            return [f"the layer does not support Python {python}: the function would run without Dayfly"]
        guard = variables.get("DAYFLY_GUARD", "")
        lacks = []
        if guard != "off" and python not in self.guarded:
            asked = f"DAYFLY_GUARD is {guard}, and " if guard else ""
            lacks.append(f"{asked}the layer has no guard for Python {python}")
        wanted = variables.get("DAYFLY_POLICY_DIGEST", "")
        if wanted and self.policy and wanted != self.policy:
            lacks.append("DAYFLY_POLICY_DIGEST does not match the layer's policy")
        return lacks

    @property
    def code_sha256(self) -> str:
        """The checksum as Lambda tells it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()

    @property
    def name(self) -> str:
        """What it is called where nobody says otherwise; empty for a policy, which is one function's."""
        return "dayfly-" + "-".join(one.replace(".", "") for one in self.runtimes) if self.version else ""


def read_layer(path: Path) -> LayerFile:
    """Return the layer in a zip; raises LayerError for one that is none of Dayfly's, too large or damaged. Blocking."""
    return parse_layer(_read(path), path)


def parse_layer(data: bytes, path: Path) -> LayerFile:
    """Return the layer that `data` is; raises LayerError as `read_layer` does. `path` names it in messages."""
    try:
        return _judge(path, data)
    except _BROKEN as error:
        raise LayerError(f"{path} is damaged: {error}", hint="build it again: dayfly layer build") from error


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_ZIP_BYTES:
            raise LayerError(
                f"{path} has {size} bytes; the limit for a layer upload is {MAX_ZIP_BYTES}",
                hint="build a smaller one with dayfly layer build",
            )
        return path.read_bytes()
    except OSError as error:
        raise LayerError(
            f"{path} cannot be read: {error.strerror or error}", hint="create one with dayfly layer build"
        ) from error


def unpack(path: Path, opt: Path) -> None:
    """Unpack a layer's zip into `opt`, which may hold other layers' files: a later one's win, as on Lambda.

    Files keep the modes that the zip names, and everybody may read them. Raises LayerError for a zip that is damaged,
    too large, or names a place outside. Blocking.
    """
    data = _read(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = file.infolist()
            if sum(info.file_size for info in members) > MAX_UNZIPPED_BYTES:
                raise LayerError(
                    f"{path} is too large for a layer",
                    hint=f"the limit is {MAX_UNZIPPED_BYTES} bytes unzipped",
                )
            for info in members:
                _unpack_one(file, info, path, opt)
    except _BROKEN as error:
        raise LayerError(f"{path} is damaged: {error}", hint="build or download it again") from error


def _unpack_one(file: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, opt: Path) -> None:
    parts = PurePosixPath(info.filename).parts
    mode = info.external_attr >> 16
    if not parts or info.filename.startswith("/") or ".." in parts or stat.S_ISLNK(mode):
        raise LayerError(f"{path} contains a link, or a path outside the layer", hint="do not use it")
    target = opt.joinpath(*parts)
    for parent in reversed(target.parents[: len(parts) - 1]):
        parent.mkdir(exist_ok=True)
        parent.chmod(0o755)
    if info.is_dir():
        target.mkdir(exist_ok=True)
        target.chmod(0o755)
        return
    target.unlink(missing_ok=True)
    target.write_bytes(file.read(info))
    target.chmod(0o644 | mode & 0o111)


def _judge(path: Path, data: bytes) -> LayerFile:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        files = {info.filename: info for info in file.infolist()}
        unzipped = sum(info.file_size for info in files.values())
        if unzipped > MAX_LAYER_BYTES:
            raise LayerError(
                f"{path} has {unzipped} bytes unzipped; a Dayfly layer has at most {MAX_LAYER_BYTES}",
                hint="build it again with dayfly layer build",
            )
        if set(files) == {PLACE.removeprefix("/opt/")}:
            _check(file)
            return LayerFile(data, "", _runtimes(PYTHONS), policy=_policy(file))
        if _WRAPPER not in files or _MANIFEST not in files:
            raise LayerError(f"{path} is not a Dayfly layer", hint="create one with dayfly layer build")
        if files[_WRAPPER].external_attr >> 16 & 0o111 != 0o111:
            raise LayerError(
                f"{path}: its wrapper is not executable for all users, so functions with it could not start",
                hint="it was repacked; build it again with dayfly layer build",
            )
        _check(file)
        manifest = json.loads(file.read(_MANIFEST)[:_MAX_MANIFEST_BYTES])
        policy = _policy(file)
        found = {version: _guarded(file, version) for version in PYTHONS}
    compiled = manifest["bytecode"] if isinstance(manifest, dict) else None
    version = manifest.get("dayfly") if isinstance(manifest, dict) else None
    if not isinstance(compiled, list) or not isinstance(version, str) or not set(compiled) <= set(PYTHONS):
        raise LayerError(f"{path} has an unsupported manifest", hint="build it with this version of Dayfly")
    return LayerFile(
        data,
        version,
        _runtimes([version for version, guarded in found.items() if guarded is not None]),
        tuple(version for version, guarded in found.items() if guarded),
        policy,
    )


def _guarded(file: zipfile.ZipFile, version: str) -> bool | None:
    """Say whether the guard for a Python is in a layer; None where nothing for that Python is.

    Looks where the layer's boot.py does, in its order; what the manifest says does not matter.
    """
    names = set(file.namelist())
    library = f"{HOME}/{cache_tag(version)}"
    if f"{library}/{_ENTRY}c" not in names:
        library += ".zip"
        if library not in names:
            library = f"{HOME}/source.zip"
            if library not in names:
                return None
        inner = set(_inner(file, library).namelist())
        if not {_ENTRY, f"{_ENTRY}c"} & inner:
            return None
        if {_GUARD, f"{_GUARD}c"} & inner:
            return True
    packed = f"{library}.guard.bin"
    if packed not in names:
        return False
    index = file.read(packed).partition(b"\n")[0]
    return f"{_GUARD}c" in {path for path, _ in json.loads(index)}


def _inner(file: zipfile.ZipFile, name: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(file.read(name)))


def _policy(file: zipfile.ZipFile) -> str:
    name = PLACE.removeprefix("/opt/")
    return digest_of(file.read(name)) if name in file.namelist() else ""


def _check(file: zipfile.ZipFile) -> None:
    damaged = file.testzip()
    if damaged is not None:
        raise ValueError(f"{damaged} does not match its checksum")


def _runtimes(pythons: Sequence[str]) -> tuple[RuntimeType, ...]:
    names: list[Any] = [f"python{version}" for version in pythons]
    return tuple(names)
