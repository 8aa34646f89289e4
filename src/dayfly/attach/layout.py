"""What the layer holds and where: the same inputs always give the same bytes."""

from __future__ import annotations

import ast
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dayfly.errors import DayflyError

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Unzipped, for each Python that a layer serves. Lambda allows 250 MB for all layers and the function; a guest takes little.
MAX_BYTES = 1_350_000
HOME = "dayfly.d"
# The supervisor and its launcher, beside what MAX_BYTES counts: one layer serves both of Lambda's processors.
ARCHITECTURES = ("x86_64", "aarch64")
MAX_NATIVE_BYTES = 950_000
# What a start of many functions does without; compressed, it is half as large. Not what every start loads, of which
# inflating takes as long as all the rest of loading it.
_GUARD_FOLDERS = ("dayfly/runtime/guard/", "dayfly/core/structure/")
_LATE_FOLDERS = ("dayfly/runtime/sealers/", *_GUARD_FOLDERS)
# What the guard alone needs, a ninth of all.
_GUARD = frozenset(
    {
        "dayfly/_sys/dictwatch.py",
        "dayfly/core/decodings.py",
        "dayfly/core/value_index.py",
        "dayfly/core/event_values.py",
        "dayfly/core/plausibility.py",
        "dayfly/core/provenance.py",
        "dayfly/core/substring_matches.py",
        "dayfly/core/triggers.py",
    }
)
# Of the guard's those that a policy or a recording loads: they are compressed in the file of all.
_OF_A_POLICY = frozenset(
    f"dayfly/runtime/guard/{name}.py"
    for name in ("capabilities", "environment", "generalising", "origins", "recording", "shapes", "uses")
)
# What the guard loads when something first asks, and what that alone is made of: `dayfly.runtime.guard.late`.
_LATE_GUARD = frozenset(
    (
        *(f"dayfly/runtime/guard/{name}.py" for name in ("commands", "computing", "documents", "statements")),
        *(
            f"dayfly/core/structure/{name}.py"
            for name in (
                *("arithmetic", "embedded", "filters", "options", "pipes", "programs", "query", "shell"),
                *("shellwords", "skeleton", "sql", "sqlplaces", "sqltokens", "variables"),
            )
        ),
    )
)
_LATE = _GUARD | frozenset(
    {
        "dayfly/_sys/access.py",
        "dayfly/_sys/descriptions.py",
        "dayfly/_sys/filelocks.py",
        "dayfly/_sys/immortal.py",
        "dayfly/_sys/librdkafka.py",
        "dayfly/_sys/mappings.py",
        "dayfly/_sys/native.py",
        "dayfly/_sys/netns.py",
        "dayfly/_sys/objects.py",
        "dayfly/_sys/openmp.py",
        # Lambda permits no filter.
        "dayfly/_sys/seccomp.py",
        "dayfly/_sys/socketpairs.py",
        "dayfly/_sys/threadfork.py",
        "dayfly/_sys/trust.py",
        "dayfly/_sys/waitables.py",
        "dayfly/core/activity.py",
        "dayfly/core/destinations.py",
        "dayfly/core/findings.py",
        "dayfly/core/globs.py",
        "dayfly/core/loglines.py",
        "dayfly/core/patterns.py",
        "dayfly/core/policy.py",
        "dayfly/core/policyfile.py",
        "dayfly/core/policylayer.py",
        "dayfly/core/proofs.py",
        "dayfly/core/settings.py",
        "dayfly/core/shapes.py",
        "dayfly/core/tenants.py",
        "dayfly/runtime/__main__.py",
        "dayfly/runtime/bundles.py",
        "dayfly/runtime/bytecode.py",
        "dayfly/runtime/clerk.py",
        "dayfly/runtime/codeprint.py",
        "dayfly/runtime/companions.py",
        "dayfly/runtime/copied_threads.py",
        "dayfly/runtime/delivery.py",
        "dayfly/runtime/failure.py",
        "dayfly/runtime/flatsettings.py",
        "dayfly/runtime/hugepages.py",
        "dayfly/runtime/immortals.py",
        "dayfly/runtime/import_trial.py",
        "dayfly/runtime/learned_patterns.py",
        "dayfly/runtime/natives.py",
        "dayfly/runtime/policyplace.py",
        "dayfly/runtime/recorded.py",
        "dayfly/runtime/warming.py",
    }
)
# The oldest time a zip file can hold: any fixed one makes two builds the same.
_TIME = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100000


class LayerError(DayflyError):
    """The layer cannot be built."""


@dataclass(frozen=True, slots=True)
class Source:
    """One module's source; `path` is where it lies in a library, such as dayfly/core/keep.py."""

    path: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the layer, as it appears under /opt."""

    path: str
    data: bytes
    mode: int = 0o644


def parse_pythons(text: str) -> tuple[str, ...]:
    """Return the versions that `3.11,3.12` names, oldest first; raises LayerError for any that is not served."""
    names = {part.strip() for part in text.split(",")}
    unknown = sorted(names - set(PYTHONS))
    if unknown:
        raise LayerError(
            f"Python {', '.join(repr(name) for name in unknown)} is not supported by the layer",
            hint=f"use one or more of {','.join(PYTHONS)}",
        )
    return tuple(version for version in PYTHONS if version in names)


def cache_tag(version: str) -> str:
    """Return CPython's own name for the bytecode of a version: cpython-312 for 3.12."""
    return "cpython-" + version.replace(".", "")


def is_late(path: str) -> bool:
    """Say whether a module lies in the archive of those that are loaded late, if at all."""
    return path in _LATE or path.startswith(_LATE_FOLDERS)


def is_guards(path: str) -> bool:
    """Say whether a module is one of those that the guard begins with."""
    return path in _GUARD or (path.startswith(_GUARD_FOLDERS) and path not in _LATE_GUARD)


def split(sources: Sequence[Source], version: str) -> list[Source]:
    """Return the sources as they are compiled for files: packages look for late modules in their archive as well."""
    folders = {source.path.rpartition("/")[0] for source in sources if is_late(source.path)}
    both = (
        f'__path__.append(__path__[0].replace("/{cache_tag(version)}/", "/{cache_tag(version)}.late.zip/"))'
    )
    return [
        Source(source.path, source.text + f"\n{both}\n".encode())
        if source.path.endswith("/__init__.py")
        and not is_late(source.path)
        and any(folder.startswith(source.path.removesuffix("/__init__.py")) for folder in folders)
        else source
        for source in sources
    ]


def arrange(
    sources: Sequence[Source],
    client: Sequence[Source],
    bytecode: Mapping[str, Mapping[str, bytes]],
    others: Sequence[Entry],
    manifest: Mapping[str, object],
) -> list[Entry]:
    """Return all files of the layer. `bytecode` maps versions to the compiled form of each source's path.

    One version lies in the layer as files, which load fastest, except for the guard and the modules that are loaded late.
    Several versions, or one beside sources, lie in an archive each. Every version has all modules, the guard's included.
    `sources` are Dayfly's, for Pythons that have no bytecode here. `client` is AWS's, a fallback, as it is.
    """
    files = [Entry(source.path, _lighten(source)) for source in sources]
    entries = [
        *others,
        Entry(f"{HOME}/client.zip", archive([Entry(source.path, source.text) for source in client])),
    ]
    if files:
        entries.append(Entry(f"{HOME}/source.zip", archive(files)))
    for version, compiled in bytecode.items():
        library = f"{HOME}/{cache_tag(version)}"
        guards = [Entry(f"{path}c", data) for path, data in compiled.items() if is_guards(path)]
        late = [
            Entry(f"{path}c", data)
            for path, data in compiled.items()
            if is_late(path) and not is_guards(path)
        ]
        early = [Entry(f"{path}c", data) for path, data in compiled.items() if not is_late(path)]
        if len(bytecode) > 1 or files:
            library += ".zip"
            entries.append(Entry(library, archive([*early, *late])))
        else:
            entries += [Entry(f"{library}/{module.path}", module.data) for module in early]
            entries.append(Entry(f"{library}.late.zip", archive(late)))
        if guards:
            seldom = [
                Entry(one.path, zlib.compress(one.data, 9)) for one in guards if one.path[:-1] in _OF_A_POLICY
            ]
            often = [one for one in guards if one.path[:-1] not in _OF_A_POLICY]
            entries.append(Entry(f"{library}.guard.bin", pack([*often, *seldom])))
    described = json.dumps(manifest, indent=2, sort_keys=True).encode() + b"\n"
    entries.append(Entry(f"{HOME}/manifest.json", described))
    return sorted(entries, key=lambda entry: entry.path)


def _lighten(source: Source) -> bytes:
    """Return a source without what nobody runs, which is half of it."""
    return ast.unparse(without_words(ast.parse(source.text))).encode()


def without_words(tree: ast.Module) -> ast.Module:
    """Take out of a syntax tree what is there for readers and type checkers; other lines keep their numbers.

    Docstrings, annotations of functions, and what stands under `if TYPE_CHECKING:`. Also run, as text, by the
    interpreters that compile the layer: it needs nothing but `ast`.
    """
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        first = body[0]
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        ):
            del body[0]
        kept: list[ast.stmt] = []
        for one in body:
            test = one.test if isinstance(one, ast.If) else None
            is_for_checkers = isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
            kept += one.orelse if is_for_checkers else [one]
        body[:] = kept
        if not kept and not isinstance(node, ast.Module):
            # Only then: a future import must come first.
            body.append(ast.copy_location(ast.Pass(), first))
    return tree


def pack(modules: Sequence[Entry]) -> bytes:
    """Return modules as one file: nearly all of them are loaded, or none.

    A line of JSON with each path and length comes first; `dayfly.runtime.unpacking` reads it.
    """
    ordered = sorted(modules, key=lambda module: module.path)
    index = json.dumps([[module.path, len(module.data)] for module in ordered]).encode()
    return index + b"\n" + b"".join(module.data for module in ordered)


def archive(entries: Sequence[Entry]) -> bytes:
    """Return a zip file of the entries: sorted, with fixed times and modes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for entry in sorted(entries, key=lambda entry: entry.path):
            info = zipfile.ZipInfo(entry.path, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (_REGULAR_FILE | entry.mode) << 16
            file.writestr(info, entry.data)
    return buffer.getvalue()


def check_budget(entries: Sequence[Entry], limit: int) -> int:
    """Return the bytes of all files unzipped; raises LayerError, with the largest, if they exceed the limit."""
    total = sum(len(entry.data) for entry in entries)
    if total > limit:
        largest = sorted(entries, key=lambda entry: -len(entry.data))[:3]
        named = ", ".join(f"{entry.path} {len(entry.data)}" for entry in largest)
        raise LayerError(
            f"the layer has {total} bytes unzipped, {total - limit} more than its {limit}; largest: {named}",
            hint="build a layer for each Python: dayfly layer build --python 3.12",
        )
    return total


def write_whole(output: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises LayerError."""
    part = ""
    try:
        descriptor, part = tempfile.mkstemp(prefix=f".{output.name}-", dir=output.absolute().parent)
        with open(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(descriptor, 0o644)
        # Renamed last: a reader, or an interrupted build, never leaves half a layer under this name.
        os.replace(part, output)
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise LayerError(
            f"{output} cannot be written: {error.strerror or error}", hint="choose another file with --output"
        ) from error
