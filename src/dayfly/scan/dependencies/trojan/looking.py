"""Looks at one file for trojan shapes: what it does, and what it hides from those who read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan.disguise import find_disguises
from dayfly.scan.dependencies.trojan.statements import Interpreter
from dayfly.scan.dependencies.trojan.verdict import judge
from dayfly.scan.model import Note, NoteKind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.dependencies.trojan.machine import Finder
    from dayfly.scan.model import Finding
    from dayfly.scan.source.project import PythonFile

# A file that holds none of these pairs can do none of what is looked for; most of a large package is passed over.
_SECRET = re.compile(
    rb"environ|getenv|\.aws|credential|id_rsa|\.ssh|netrc|169\.254|gethostname|getfqdn|getuser|getlogin|uname|\.node\(|getnode|whoami|hostname|getcwd"
    rb"|printenv|\.kube|\.docker|/proc/|argv"
)
_OUT = re.compile(
    rb"urlopen|urlretrieve|requests|httpx|aiohttp|urllib|http\.client|httplib|socket|smtplib|ftplib|telnet|websocket|xmlrpc|pycurl|boto3|curl|wget"
    rb"|paramiko|build_opener|gethostbyname|getaddrinfo|nslookup|/dev/tcp|subprocess|os\.system|popen|HTTPSConnection"
)
_RUN = re.compile(
    rb"\b(?:exec|eval|compile|system|popen|Popen|subprocess|marshal|FunctionType|__import__|import_module|CDLL|check_output|loads|pty|spawn\w*)\b"
)
_ENCODED = re.compile(
    rb"b(?:64|32|85|16)decode|a85decode|decompress|fromhex|unhexlify|a2b_|rot.?13|\bchr\b|bytes\(\[|\[::-1\]|marshal|codecs|decrypt|urlopen|requests"
    rb"|httpx|urlretrieve|curl|wget|/dev/tcp|decode\(|join\(|builtins|getattr|\^"
)
_DECODES = re.compile(rb"b(?:64|32|85|16)decode|a85decode|decompress|fromhex|unhexlify|rot.?13|\[::-1\]")
_NAMES = re.compile(rb"getattr\(|__import__|import_module|builtins")
_HIDES = re.compile(rb"[\"']\s*\+\s*[\"']|\bchr\b|[\"']{2}\.join\(|\[::-1\]")
_REPLACES = re.compile(
    rb"setattr\(|^\s*[A-Za-z_][\w.]*\.\w+(?:\s*=\s*[\w.]+)*\s*=[^=]|sys\.modules|__dict__|patch_function_wrapper|wrap_function_wrapper",
    re.MULTILINE,
)
_PERSISTS = re.compile(
    rb"authorized_keys|bashrc|crontab|/etc/cron|customize\.py|\.pth\b|extensions/|systemd|\.profile"
)
_OWN_IMPORT = re.compile(rb"^\s*from\s+\.|^\s*import\s+\w", re.MULTILINE)
_MAX_BYTES = 1_500_000


def is_worth_looking(data: bytes, package: str) -> bool:
    """Whether a file holds the words that any of the shapes needs."""
    goes_out = bool(_OUT.search(data))
    has_reason = _SECRET.search(data) or _REPLACES.search(data) or b"except" in data or _DECODES.search(data)
    if goes_out and has_reason:
        return True
    if (_SECRET.search(data) or _REPLACES.search(data)) and _own_import(package).search(data):
        return True
    if _NAMES.search(data) and _HIDES.search(data):
        return True
    return (
        bool(_RUN.search(data) and _ENCODED.search(data))
        or bool(_PERSISTS.search(data))
        or (bool(_REPLACES.search(data)) and b"open(" in data)
    )


def _own_import(package: str) -> re.Pattern[bytes]:
    return re.compile(
        rb"^\s*from\s+\.|^\s*(?:from|import)\s+" + re.escape(package.encode()) + rb"\b", re.MULTILINE
    )


def look(file: PythonFile, *, find: Finder | None = None) -> Iterator[Finding | Note]:
    """Findings for one file; `find` gives other files of the same package, so that helpers are looked into."""
    yield from find_disguises(file)
    if len(file.data) > _MAX_BYTES or not is_worth_looking(file.data, file.module.partition(".")[0]):
        return
    tree = file.tree
    if tree is None:
        return
    interpreter = Interpreter(file, find=find)
    try:
        deeds = interpreter.run(tree)
    except RecursionError:
        yield Note(NoteKind.BOUNDED, "is nested too deeply to be looked at for trojans", Place(file.path))
        return
    if not interpreter.is_complete:
        yield Note(NoteKind.BOUNDED, "is too large to be looked at for trojans in full", Place(file.path))
    yield from judge(deeds, is_dependency=file.is_dependency)
