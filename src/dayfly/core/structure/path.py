"""Judges file paths: the event may name a file below a directory that the function names."""

from __future__ import annotations

from posixpath import normpath

from dayfly.core.structure.judgement import Judgement, Taint, Unreadable, as_text, judged, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

# The one directory a function may fill as it likes; what is executed from it is another judge's.
SCRATCH = "/tmp"
# Linux ends paths at 4,096 bytes.
MAX_PATH = 8192
# Longest name of a file.
MAX_NAME = 255
# Characters of a file's name that are the function's and not any file's: "a" begins app.py.
MIN_BEGINNING = 3


def judge_path(
    path: str | bytes,
    provenance: Provenance,
    own: OwnText,
    *,
    resolved: str = "",
    roots: Sequence[str] = (),
    deployed: Sequence[str] = (),
) -> Judgement:
    """Say whether this path may be opened.

    `resolved` is the caller's os.path.realpath of it ("" where there is none), `roots` are directories that
    the policy or the function's configuration names, `deployed` where code lies.
    """
    text = as_text(path)

    def judge(taint: Taint) -> Judgement:
        _drop_names_of(deployed, text, taint)
        return _judge(text, taint, own, resolved, roots, provenance)

    return judged("path", text, provenance, own, judge)


def _judge(
    path: str, taint: Taint, own: OwnText, resolved: str, roots: Sequence[str], provenance: Provenance
) -> Judgement:
    allow = Judgement("allow", "path.name", taint.first_path())
    if len(path) > MAX_PATH:
        raise Unreadable("longer than a path can be")
    if "\0" in path:
        at = taint.mask.find(1)
        if at >= 0:
            return refuse("path.null", taint.path_at(at))
        return Judgement("unknown", "path.null")
    if own.is_constant(path, generators=True):
        return Judgement("allow", "path.own")
    _drop_coincidences(path, taint, own)
    final, places = resolved or path, (SCRATCH, *roots)
    first = taint.mask.find(1)
    if first < 0:
        if place := _finds_parent(path, own, provenance):
            return refuse("path.parent", place)
        if _leaves(path, own, places):
            return refuse("path.parent", "")
        if _is_within(final, places) or _names(path[: path.rfind("/") + 1], own):
            return Judgement("allow", "path.own")
        return Judgement("unknown", "path.unexplained")
    # Not only "..": a component that the event completes to it ({x}. with ".").
    start = 0
    for component in path.split("/"):
        # Or one that is left of what the function took out of it: "....//" without its "../".
        if component == ".." and (
            taint.any(max(0, start - 1), min(len(path), start + 3))
            or (path[0] == "/" and taint.any(start, start + 4) and not says_parent(path, start, own))
            # A function that removes "../" has it as a constant.
            or (taint.any(start, start + 4) and provenance.holds_bytes(b"../"))
        ):
            return refuse("path.parent", taint.path_at(first))
        start += len(component) + 1
    base = path[: path.rfind("/", 0, first) + 1]
    # tpl_{x}.html: the function has begun the name, so that it is below the current directory wherever it goes on.
    is_begun = not base and first >= MIN_BEGINNING and own.piece_at(path, 0) >= first
    if not base.strip("/.") and not is_begun:
        # The event says where the path begins: absolute ({x}, /{x}) or from the current directory.
        if _is_within(final, places) and (resolved or path.startswith("/")):
            return allow
        return refuse("path.whole", taint.path_at(first))
    if resolved and not _stays(path, base, resolved, roots):
        return refuse("path.link", taint.path_at(first))
    if is_begun or _is_within(base, places) or _names(base, own):
        return allow
    return Judgement("unknown", "path.unexplained")


def judge_result(
    given: str, result: str, provenance: Provenance, own: OwnText, *, base: str = ""
) -> Judgement:
    """Say whether `result`, which a function made of the path `given`, is still below the directory that it names there.

    With `base`, that directory, `given` was joined with it, which leaves out a directory before a path from the root.
    """

    def judge(taint: Taint) -> Judgement:
        _drop_coincidences(given, taint, own)
        directory = base if taint.any(0, 1) else ""
        if not base:
            taint.drop(0, own.piece_at(given, 0))
            first = taint.mask.find(1)
            # Of a value that begins with the slash behind it, too: "/../private" from a request's path.
            directory = given[: given.rfind("/", 0, first + 1) + 1] if first >= 0 else ""
        if directory.strip("/.") and not _is_within(result, (normpath(directory),)):
            return refuse("path.parent", taint.first_path())
        return Judgement("allow", "path.name", taint.first_path())

    return judged("path", given, provenance, own, judge)


def _finds_parent(path: str, own: OwnText, provenance: Provenance) -> str:
    """Return where the event has what is behind a "..", which the function cut out of it: "....//keys" without "../"; else ""."""
    at = f"/{path}/".rfind("/../")
    name = path[at + len("..") :].split("/")[1:2]
    # A function that removes it has it as a constant.
    if at < 0 or not name or not name[0] or says_parent(path, at, own, least=len("../") + 1):
        return ""
    return provenance.holds_bytes(b"../") and provenance.holds_bytes(
        f"/{name[0]}".encode("utf-8", "surrogateescape")
    )


def _leaves(path: str, own: OwnText, roots: Sequence[str]) -> bool:
    """Say whether a ".." that is nowhere in the function's text leads out of a directory for data.

    Out of the one that the function itself names, or else of all. Libraries go up from where they lie themselves.
    """
    at = f"/{path}/".find("/../")
    if at < 1 or path[0] != "/" or says_parent(path, at, own):
        return False
    base = path[:at]
    area = (base,) if _names(base, own) else roots
    return _is_within(base, roots) and not _is_within(normpath(path), area)


def says_parent(path: str, at: int, own: OwnText, *, least: int = 0) -> bool:
    """Say whether the ".." at `at` stands in a piece of the function's own text, of `least` characters."""
    sizes = ((start, own.piece_at(path, start)) for start in range(max(0, at - MAX_NAME), at + 1))
    return any(size >= least and start + size >= at + len("..") for start, size in sizes)


def _drop_names_of(directories: Sequence[str], path: str, taint: Taint) -> None:
    """/usr/lib/python3.13/ast.py, of which a traceback shows a line, is not the event's, though a value of its is "usr"."""
    size = max((len(one) for one in directories if path.startswith(one.rstrip("/") + "/")), default=0)
    if all(mark or sign == "/" for mark, sign in zip(taint.mask, path[:size], strict=False)):
        # All of its names are the event's: f"/{a}/{b}/app.py".
        return
    # The route "/" of an API, which otherwise brought the separator of what stands behind it.
    taint.drop_lone(path, "/", size)
    for start, end in taint.runs():
        # One name of several. What brings a separator along says where the path leads.
        if end <= size and "/" not in path[start:end]:
            taint.drop(start, end)


def _drop_coincidences(path: str, taint: Taint, own: OwnText) -> None:
    """/var/task/templates of the function's own is not the event's, though a key is called "templates"."""
    if taint.mask.find(1) < 0:
        return
    accounted = own.coincidences(path, taint.mask, generators=True)
    end = path.find("/")
    for name in path.split("/")[1:]:
        separator, end = end, end + 1 + len(name)
        if name not in ("", "..") and accounted.find(0, separator + 1, end) < 0:
            taint.drop(separator, end)


def _is_within(path: str, roots: Sequence[str]) -> bool:
    parts = path.split("/")
    if ".." in parts:
        return False
    clean = "/" + "/".join(part for part in parts if part not in ("", ".")) if path.startswith("/") else path
    return any(
        clean == root.rstrip("/") or clean.startswith(root.rstrip("/") + "/") for root in roots if root
    )


def _stays(path: str, base: str, resolved: str, roots: Sequence[str]) -> bool:
    if _is_within(resolved, (base, *roots)):
        return True
    # The directory itself may be reached by a link (/tmp on some hosts, EFS mounts), or be relative: then
    # the names below it must be what they were.
    names, parts = (
        [part for part in one.split("/") if part not in ("", ".")] for one in (path[len(base) :], base)
    )
    tail = "/" + "/".join(names)
    # A link below the directory whose target ends alike (a/passwd -> /etc/passwd) must not pass.
    return resolved.endswith(tail) and (not base or [resolved[: -len(tail)].rpartition("/")[2]] == parts[-1:])


def _names(directory: str, own: OwnText) -> bool:
    """Say whether the function's text names this directory, as a constant or with the names in it joined."""
    stripped = directory.rstrip("/")
    if not stripped.strip("./"):
        return False
    if own.is_constant(directory, generators=True) or own.is_constant(stripped, generators=True):
        return True
    separators = bytearray(character == "/" for character in stripped)
    return own.explain(stripped, separators, bytearray(len(stripped))).unexplained < 0
