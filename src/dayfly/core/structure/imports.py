"""Judges what a pickle or YAML stream wants to import: not a name that the event brought."""

from __future__ import annotations

from itertools import pairwise

from dayfly.core.structure.judgement import Judgement, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

# Values of the standard library's, by what pickle calls to make them: none does anything else.
_VALUES = frozenset(
    "_codecs.encode builtins.bytearray builtins.complex builtins.frozenset builtins.object "
    "builtins.range builtins.set builtins.slice collections.Counter collections.OrderedDict "
    "collections.defaultdict collections.deque copyreg.__newobj__ copyreg.__newobj_ex__ "
    "copyreg._reconstructor datetime.date datetime.datetime datetime.time datetime.timedelta "
    "datetime.timezone decimal.Decimal fractions.Fraction uuid.SafeUUID uuid.UUID".split()
)
# What executes code or finds it by a name, starts programs, opens files and addresses, or changes files, by module; `*` matches
# the rest of a name. No value is made of it, so a stream from any source is refused.
_OS = (
    "_exit abort ch* dup2 exec* fch* fdopen fork* ftruncate kill* lchmod lchown link make* mk* open* pidfd_* popen* posix_spawn* "
    "putenv re* rmdir sendfile set* spawn* splice startfile symlink system truncate unlink unsetenv utime write*"
)
_BUILTINS = "__import__ breakpoint compile eval exec execfile input open"
_ACTS = {
    "builtin": _BUILTINS,
    "builtins": _BUILTINS,
    "cProfile": "run*",
    "code": "Interactive* interact",
    "codeop": "Compile compile_command",
    "config": "_resolve",
    "ctypes": "CDLL LibraryLoader OleDLL PyDLL WinDLL cdll oledll pydll pythonapi windll",
    "frozen_importlib": _BUILTINS,
    "importlib": "__import__ import_module reload",
    "io": "FileIO open*",
    "linecache": "getline* updatecache",
    "marshal": "load*",
    "module_loading": "import_string",
    "nt": _OS,
    "os": _OS,
    "pdb": "Pdb run*",
    "pip": "main",
    "pkgutil": "resolve_name",
    "posix": _OS,
    "posixsubprocess": "fork_exec",
    "profile": "run*",
    "pty": "fork spawn",
    "pydoc": "locate pager pipepager tempfilepager",
    "pyio": "FileIO open*",
    "request": "urlopen urlretrieve",
    "runpy": "run_*",
    "shutil": "chown copy* make_archive move rmtree unpack_archive",
    "site": "addpackage addsitedir execsitecustomize execusercustomize",
    "subprocess": "Popen call check_* get* run",
    "timeit": "Timer main repeat timeit",
    "utils": "import_string",
    "webbrowser": "open*",
}

# Of these modules others may have something that is called so.
_COMMON = frozenset("code config module_loading pip profile request site utils".split())


def acts(module: str, name: str) -> bool:
    """Say whether what a stream names does something instead of being something.

    A name with dots is looked up step by step (`os.system` of `shutil`, `eval.__call__`); at its end there may be such a module.
    """
    parts = f"{module}.{name}".split(".")
    # What a module keeps to itself does the same: `runpy._run_code`.
    steps = [(owner, one) for owner, step in pairwise(parts) for one in (step, step.lstrip("_"))]
    return any(_is_among(step, _ACTS.get(owner.strip("_"), "")) for owner, step in steps) or (
        name.strip("_") in _ACTS and name.strip("_") not in _COMMON and "." not in name
    )


def _is_among(name: str, known: str) -> bool:
    return any(name == one or (one[-1] == "*" and name.startswith(one[:-1])) for one in known.split())


def judge_global(module: str, name: str, provenance: Provenance, own: OwnText) -> Judgement:
    """Say whether a deserialiser may import `name` from `module`."""
    try:
        return _judge(module, name, provenance, own)
    except Exception:
        # Trust boundary: closed, since a stream names what it likes.
        return Judgement("refuse", "global.unreadable")


def _judge(module: str, name: str, provenance: Provenance, own: OwnText) -> Judgement:
    for text in (f"{module}\n{name}\n", f"{module}.{name}", f"{module}:{name}"):
        path = provenance.holds_bytes(_encode(text))
        if path and not (text == f"{module}.{name}" and _is_own(module, name, own)):
            return refuse("global.named", path)
    written = [_written(text, provenance) for text in (module, name)]
    if all(written):
        return refuse("global.named", written[1])
    if f"{module}.{name}" in _VALUES:
        return Judgement("allow", "global.value")
    paths = [provenance.holds_bytes(_encode(text)) for text in (module, name)]
    if all(paths):
        if not _is_own(module, name, own):
            return refuse("global.named", paths[1])
        # datetime.datetime in the function's own pickle, and an event with a key "datetime".
        return Judgement("unknown", "global.coincidence", paths[1])
    if not any(paths) and _is_own(module, name, own):
        return Judgement("allow", "global.own")
    return Judgement("unknown", "global.unexplained", paths[0] or paths[1])


def _is_own(module: str, name: str, own: OwnText) -> bool:
    return all(own.has_word(part) for part in [*module.split("."), *name.split(".")] if part)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _written(text: str, provenance: Provenance) -> str:
    """Return the path of the event that holds `text` as one of pickle's string opcodes does, or ""."""
    data = _encode(text)
    size = len(data)
    forms = [b"V" + data + b"\n", b"S'" + data + b"'\n", b'S"' + data + b'"\n']
    forms += [sign + size.to_bytes(4, "little") + data for sign in (b"X", b"T")]
    forms.append(b"\x8d" + size.to_bytes(8, "little") + data)
    if size < 256:
        forms += [sign + bytes((size,)) + data for sign in (b"\x8c", b"U")]
    return next(filter(None, map(provenance.holds_bytes, forms)), "")
