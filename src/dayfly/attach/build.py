"""Builds the layer from the installed Dayfly, the installed AWS client and the interpreters found here."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import dayfly
from dayfly.attach.carrying import Carried
from dayfly.attach.layout import (
    ARCHITECTURES,
    HOME,
    MAX_BYTES,
    MAX_NATIVE_BYTES,
    Entry,
    LayerError,
    Source,
    archive,
    arrange,
    check_budget,
    split,
    write_whole,
)
from dayfly.attach.pythons import compile_sources, find_python
from dayfly.attach.sbom import write_sbom

# What of Dayfly runs beside a function. `attach` itself stays at home, but for the layer's way in.
SHIPPED = (
    "__init__.py",
    "errors.py",
    "core",
    "_sys",
    "runtime",
    "attach/__init__.py",
    "attach/enter.py",
)
# AWS's client is tried first, what it needs last: the image's own is preferred there.
CLIENT = {"awslambdaric": "client", "snapshot-restore-py": "needs", "simplejson": "needs"}
# The versions the layer's fallback was tested with.
TESTED = {"awslambdaric": "4.2.2", "snapshot-restore-py": "1.0.0", "simplejson": "4.3.0"}
_LICENCES = ("LICENSE", "LICENSE.txt", "NOTICE", "LICENCE")
# Lines that are a comment; not the shell's first.
_COMMENTS = re.compile(rb"^ *#(?!!).*\n", re.MULTILINE)
_RUNS_ON_FAILURE = re.compile(rb'^(ON_FAILURE ?= ?"?)run("?)$', re.MULTILINE)
_FILES = Path(__file__).with_name("files")


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """A layer that was written, and what to know about it. `clients` maps AWS's packages to their versions."""

    path: Path
    sha256: str
    bytes: int
    unzipped_bytes: int
    limit_bytes: int
    files: int
    compiled: Mapping[str, Path]
    not_compiled: tuple[str, ...]
    clients: Mapping[str, str]
    entries: tuple[Entry, ...]

    @property
    def code_sha256(self) -> str:
        """The checksum as Lambda has it."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()

    def write_checksum(self) -> Path:
        """Write the checksum beside the layer, as `sha256sum --check` reads it; return the file. Raises LayerError."""
        target = self.path.with_name(self.path.name + ".sha256")
        write_whole(target, f"{self.sha256}  {self.path.name}\n".encode())
        return target

    def write_sbom(self) -> Path:
        """Write the bill of materials beside the layer; return the file. Raises LayerError."""
        target = self.path.with_name(self.path.name + ".cdx.json")
        text = write_sbom(
            version=dayfly.__version__,
            clients=self.clients,
            pythons=self.compiled,
            entries=self.entries,
            sha256=self.sha256,
        )
        write_whole(target, text.encode())
        return target


def build_layer(
    output: Path,
    pythons: Sequence[str],
    *,
    policy: Carried | None = None,
    stops_on_failure: bool = False,
    tell: Callable[[str], None] = lambda _step: None,
) -> BuiltLayer:
    """Write the layer to `output`, with bytecode for those of `pythons` that are found here.

    Only if one of them is not, or none is named, are Dayfly's sources in it: other Pythons run without Dayfly then.
    `policy` is carried along; with `stops_on_failure`, DAYFLY_ON_FAILURE is `stop` where a function does not set it.
    `tell` is called with what is being done. Raises LayerError. Blocking, a few seconds.
    """
    tell("reading files")
    own = own_sources(Path(dayfly.__file__).parent)
    found: dict[str, Path] = {}
    for version in pythons:
        tell(f"looking for Python {version}")
        python = find_python(version)
        if python is not None:
            found[version] = python
    bytecode: dict[str, Mapping[str, bytes]] = {}
    for version, python in found.items():
        tell(f"compiling for Python {version}")
        bytecode[version] = compile_sources(python, split(own, version) if len(found) == 1 else own)
    clients = {name: _distribution(name).version for name in CLIENT}
    others = [
        Entry("dayfly", _first_file("dayfly", stops_on_failure), 0o755),
        Entry(f"{HOME}/boot.py", _first_file("boot.py", stops_on_failure)),
        Entry(
            f"{HOME}/failure.py",
            _COMMENTS.sub(b"", (_FILES.parent.parent / "runtime" / "failure.py").read_bytes()),
        ),
        *([policy.entry] if policy is not None else []),
        Entry(f"{HOME}/licences.zip", archive(client_licences())),
    ]
    programs = native_programs(Path(dayfly.__file__).parent)
    manifest: dict[str, object] = {
        "dayfly": dayfly.__version__,
        "bytecode": sorted(bytecode),
        "clients": clients,
        **({"on_failure": "stop"} if stops_on_failure else {}),
        **({"policy": policy.digest} if policy is not None else {}),
    }
    sources = own if not found or len(found) < len(pythons) else []
    # AWS's client is a fallback, and has no bytecode: the budget is for what every start loads.
    entries = arrange(sources, client_sources(), bytecode, others, manifest)
    limit = MAX_BYTES * (len(bytecode) + bool(sources))
    unzipped = check_budget(entries, limit) + check_budget(programs, MAX_NATIVE_BYTES)
    entries += programs
    data = archive(entries)
    tell(f"writing {output}")
    write_whole(output, data)
    return BuiltLayer(
        path=output,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        unzipped_bytes=unzipped,
        limit_bytes=limit + MAX_NATIVE_BYTES,
        files=len(entries),
        compiled=found,
        not_compiled=tuple(version for version in pythons if version not in found),
        clients=clients,
        entries=tuple(entries),
    )


def _first_file(name: str, stops_on_failure: bool) -> bytes:
    """Return a file that runs before any setting is read; what it does on failure is written into it."""
    text = _COMMENTS.sub(b"", (_FILES / name).read_bytes())
    changed, count = _RUNS_ON_FAILURE.subn(rb"\1stop\2", text)
    if count != 1:
        raise LayerError(f"{_FILES / name} is damaged", hint="reinstall dayfly")
    return changed if stops_on_failure else text


def own_sources(package: Path) -> list[Source]:
    """Return the modules of the package that ship, sorted."""
    paths: list[Path] = []
    for name in SHIPPED:
        place = package / name
        paths += sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return [Source(f"dayfly/{path.relative_to(package).as_posix()}", path.read_bytes()) for path in paths]


def native_programs(package: Path) -> list[Entry]:
    """Return the supervisor, its launcher and libraries for each processor; raises LayerError where they were not built."""
    entries = []
    for architecture in ARCHITECTURES:
        # Nobody may read a program, which closes the memory of who executes it; a library is read to be loaded.
        for name, mode in (
            ("supervisor", 0o111),
            ("launcher", 0o111),
            ("threads.so", 0o444),
            ("audit.so", 0o444),
        ):
            path = package / "bin" / architecture / name
            try:
                data = path.read_bytes()
            except OSError as error:
                raise LayerError(
                    f"{path} cannot be read: {error.strerror}",
                    hint="install dayfly-runtime from a wheel, or run make setup in a checkout",
                ) from error
            entries.append(Entry(f"{HOME}/bin/{architecture}/{name}", data, mode))
    return entries


def client_sources() -> list[Source]:
    """Return the pure-Python part of AWS's client and of what it needs; raises LayerError if one is missing."""
    sources: list[Source] = []
    for name, folder in CLIENT.items():
        distribution = _distribution(name)
        own = [
            Source(f"{folder}/{file.as_posix()}", Path(str(distribution.locate_file(file))).read_bytes())
            for file in distribution.files or ()
            if file.suffix == ".py" and "tests" not in file.parts and ".." not in file.parts
        ]
        if not own:
            raise LayerError(f"{name} lists no Python files", hint=f"pip install --force-reinstall {name}")
        sources += own
    return sorted(sources, key=lambda source: source.path)


def client_licences() -> list[Entry]:
    """Return the licence and notice files of AWS's client and of what it needs."""
    entries: list[Entry] = []
    for name in CLIENT:
        distribution = _distribution(name)
        for file in distribution.files or ():
            data = b""
            if file.name in _LICENCES and any(part.endswith(".dist-info") for part in file.parts):
                data = Path(str(distribution.locate_file(file))).read_bytes()
            # snapshot-restore-py's is empty; it names the Apache licence, whose text awslambdaric brings.
            if data:
                entries.append(Entry(f"licences/{name}-{file.name}", data))
    return entries


def _distribution(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise LayerError(
            f"{name}, which the layer includes, is not installed",
            hint=f"pip install {name}=={TESTED[name]}",
        ) from error
