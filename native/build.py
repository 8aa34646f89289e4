"""Builds the supervisor, its launcher, threads.so and audit.so for both of Lambda's processors, into src/dayfly/bin/.

`zig cc`, from the pinned PyPI package `ziglang`, compiles for either on either: the same sources give the same bytes. It runs
as the build hook of dayfly-runtime (hatch_build.py), and `make setup` runs it for the checkout, where it does nothing
unless a source has changed. `--findings` writes native/supervisor/findings.h from dayfly.core.findings.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

NATIVE = Path(__file__).resolve().parent
ROOT = NATIVE.parent
BINARIES = ROOT / "src" / "dayfly" / "bin"
FINDINGS = NATIVE / "supervisor" / "findings.h"
ARCHITECTURES = ("x86_64", "aarch64")
# Which sources the programs in the checkout were built from.
STAMP = ROOT / ".cache" / "native.sha256"
# What a test build by another compiler shares.
LANGUAGE = ("-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror")
_FLAGS = (
    *LANGUAGE,
    # Not shared: gcc warns of conversions that its own sanitizers add.
    *("-Wconversion", "-Os", "-s"),
    # Nobody unwinds: no tables for it, and nothing that is never called.
    *("-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-Wl,--gc-sections"),
    # What C leaves undefined ends the process; no code that would print what it was.
    *("-fsanitize=undefined", "-fsanitize-trap=undefined"),
    *("-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"),
)
# The launcher loads the interpreter's libraries: 2.17 is the oldest glibc of any that is served.
_LAUNCHER_TARGET = "linux-gnu.2.17"
_PROGRAM = ("-fPIE", "-pie", "-fstack-protector-strong")
# Optimised as a whole, which makes it 5% smaller.
_WHOLE = ("-static", "-flto")
# No library under them: see native/threads/threads.h. The C library gives headers alone, the interpreter what audit.so calls.
_SHARED = ("-shared", "-fPIC", "-fvisibility=hidden", "-ffreestanding")
PROGRAMS = ("supervisor", "launcher", "threads.so", "audit.so")
_LIMIT_S = 1800


class BuildError(Exception):
    """What could not be built, with the compiler's words."""


def sources_of(name: str) -> list[Path]:
    """Return the sources of a program, sorted."""
    return sorted((NATIVE / name.removesuffix(".so")).glob("*.c"))


def build(folder: Path, zig: Sequence[str] | None = None) -> list[Path]:
    """Compile everything into `folder`/ARCHITECTURE/ and return the programs. Blocking: minutes the very first time."""
    zig = zig or find_zig()
    written: list[Path] = []
    for architecture in ARCHITECTURES:
        place = folder / architecture
        place.mkdir(parents=True, exist_ok=True)
        written += [
            _compile(zig, place / "supervisor", f"{architecture}-linux-musl", [*_PROGRAM, *_WHOLE]),
            _compile(zig, place / "launcher", f"{architecture}-{_LAUNCHER_TARGET}", [*_PROGRAM, "-ldl"]),
            _compile(zig, place / "threads.so", f"{architecture}-{_LAUNCHER_TARGET}", _SHARED),
            _compile(zig, place / "audit.so", f"{architecture}-{_LAUNCHER_TARGET}", _SHARED),
        ]
    return written


def find_zig() -> list[str]:
    """Return the command of the compiler; raises BuildError where it is not installed."""
    if importlib.util.find_spec("ziglang") is None:
        raise BuildError(
            "the package ziglang is not installed: pip install the version that pyproject.toml names"
        )
    return [sys.executable, "-m", "ziglang"]


def is_current(folder: Path, stamp: Path) -> bool:
    """Say whether `folder` holds what the sources give, as the stamp of the last build has it."""
    programs = [folder / one / name for one in ARCHITECTURES for name in PROGRAMS]
    return all(one.is_file() for one in programs) and stamp.is_file() and stamp.read_text() == _fingerprint()


def update(stamp: Path = STAMP) -> bool:
    """Build into the checkout unless that is current; say whether anything was built."""
    if is_current(BINARIES, stamp):
        return False
    stamp.unlink(missing_ok=True)
    fingerprint = _fingerprint()
    # In the checkout: a program that runs is replaced, not written into.
    stamp.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=stamp.parent) as name:
        for built in build(Path(name)):
            target = BINARIES / built.parent.name / built.name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(built, target)
    stamp.write_text(fingerprint)
    return True


def findings_header() -> str:
    """Return the table of all findings as C, from the Python that defines them."""
    sys.path.insert(0, str(ROOT / "src"))
    import dayfly
    from dayfly.core import findings

    named = [
        (name, value) for name, value in vars(findings).items() if isinstance(value, findings.FindingKind)
    ]
    lines = [
        "/* What Dayfly can find: written by `python native/build.py --findings` from dayfly/core/findings.py. */",
        "#ifndef DAYFLY_FINDINGS_H",
        "#define DAYFLY_FINDINGS_H",
        "",
        f"#define DAYFLY_VERSION {_c_text(dayfly.__version__)}",
        f"#define DAYFLY_OCSF_VERSION {_c_text(findings.OCSF_VERSION)}",
        f"#define DAYFLY_ATTACK_VERSION {_c_text(findings.ATTACK_VERSION)}",
        "",
        "enum finding {",
        *(f"    FINDING_{name}," for name, _ in named),
        "    FINDING_COUNT,",
        "};",
        "",
        "/* `attack` and `attack_name` are NULL where no technique of ATT&CK is meant; `severity` is OCSF's, 1 to 5. */",
        "struct finding_kind {",
        "    const char *uid, *title, *meaning;",
        "    int severity;",
        "    const char *attack, *attack_name;",
        "};",
        "",
        "static const struct finding_kind finding_kinds[FINDING_COUNT] = {",
    ]
    for name, kind in named:
        attack = ", ".join(map(_c_text, kind.attack)) if kind.attack else "NULL, NULL"
        lines += [
            f"    [FINDING_{name}] =",
            f"        {{{_c_text(kind.uid)}, {_c_text(kind.title)},",
            f"         {_c_text(kind.meaning)},",
            f"         {kind.severity}, {attack}}},",
        ]
    return "\n".join([*lines, "};", "", "#endif", ""])


def _c_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert escaped.isprintable(), text
    return f'"{escaped}"'


def _compile(zig: Sequence[str], target: Path, triple: str, flags: Sequence[str]) -> Path:
    sources = [str(path.relative_to(NATIVE)) for path in sources_of(target.name)]
    command = [*zig, "cc", "-target", triple, *_FLAGS, *sources, *flags, "-o", str(target.absolute())]
    try:
        # From its own folder: no path of this machine is compiled in.
        done = subprocess.run(command, cwd=NATIVE, capture_output=True, text=True, timeout=_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{command[0]} did not run: {error}") from error
    if done.returncode != 0:
        raise BuildError(f"{target.name} for {triple} cannot be compiled:\n{done.stderr.strip()[-4000:]}")
    # The wheel keeps it, whatever the umask here.
    target.chmod(0o755)
    return target


def _fingerprint() -> str:
    digest = hashlib.sha256()
    folders = (name.removesuffix(".so") for name in PROGRAMS)
    sources = [path for folder in folders for path in NATIVE.glob(f"{folder}/*.[ch]")]
    for path in sorted([Path(__file__), *sources]):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest() + "\n"


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks; 1 and the compiler's words where something cannot be compiled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--findings", action="store_true", help="write the table of findings instead")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="build anew, into this folder")
    asked = parser.parse_args(arguments)
    try:
        if asked.findings:
            FINDINGS.write_text(findings_header(), encoding="utf-8")
        elif asked.into is not None:
            build(asked.into)
        elif update():
            sys.stderr.write(f"built {BINARIES.relative_to(ROOT)}/{{{','.join(ARCHITECTURES)}}}\n")
    except BuildError as error:
        sys.stderr.write(f"native/build.py: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
