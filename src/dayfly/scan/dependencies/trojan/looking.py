"""Looks at one file for trojan shapes: what it does, and what it hides from those who read it."""

from __future__ import annotations

import re
from functools import cache
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
    rb"environ\b|getenv|\.aws|credential|id_rsa|\.ssh\b|netrc|169\.254|gethostname|getfqdn|getuser|getlogin|uname\(|\.node\(|getnode|whoami"
    rb"|hostname|getcwd|printenv|dup2|\.kube|\.docker|/proc/self"
)
_OUT = re.compile(
    rb"urlopen|urlretrieve|\brequests\b|httpx|aiohttp|urllib\.request|urllib[23]|http\.client|httplib|\bsocket\b|smtplib|ftplib|telnetlib|websocket"
    rb"|xmlrpc|pycurl|boto3|\bcurl\b|\bwget\b|paramiko|build_opener|gethostbyname|getaddrinfo|nslookup|/dev/tcp|subprocess|os\.system|popen"
)
_RUN = re.compile(
    rb"\bexec\b|\beval\s*\(|(?<![.\w])compile\s*\(|\bsystem\(|\bpopen|\bPopen\b|subprocess|marshal|FunctionType|__import__|import_module|CDLL"
    rb"|check_output|pickle\b|\bdill\b|\bpty\b|\bspawn"
)
_DECODES = re.compile(
    rb"b(?:64|32|85|16)decode|a85decode|decodebytes|decompress|fromhex|unhexlify|a2b_|rot.?13|\[::-1\]|marshal\.loads|decrypt\(|codecs\.decode"
    rb"|\bchr\s*\(|\bchr,|bytes\(\[|translate\(|[\"']{2}\.join\(\s*[\[(]|\bfor\b[^\n]*\^|\^[^\n]*\bfor\b|decode\(\s*[\"'](?:hex|base|zip|zlib|bz2)"
)
_FETCHES = re.compile(
    rb"urlopen|urlretrieve|\brequests\b|httpx|\bcurl\b|\bwget\b|/dev/tcp|urllib3|aiohttp|\.recv\("
)
_NAMES = re.compile(rb"getattr\(|__import__|import_module|builtins")
_HIDES = re.compile(rb"translate\(|[\"']\s*\+\s*[\"']|\bchr\b|[\"']{2}\.join\(\s*(?:[\[(]|map)|\[::-1\]")
_REPLACES = re.compile(
    rb"^[ \t]*(?:setattr\(\s*|vars\(\s*)?(?P<root>[A-Za-z_]\w*)(?:\.\w+)*(?:,|\)\[|\.\w+(?:\s*=\s*[\w.]+)*\s*=[^=]|\.__dict__)",
    re.MULTILINE,
)
_REPLACES_SURELY = re.compile(
    rb"sys\.modules\[|_function_wrapper|\.register|settrace|setprofile|addaudithook|setattr\(\s*(?:sys|__import__|import_module|getattr)"
)
_IMPORTED = re.compile(rb"^[ \t]*(?:import|from)[ \t][^\n]*", re.MULTILINE)
_WORD = re.compile(rb"\w+")
_SWALLOWS = re.compile(
    rb"except[^\n]*:\s*(?:#[^\n]*\n\s*)?(?:pass|return|continue|\.\.\.)|suppress\(|\bThread\b|submit\("
)
_PERSISTS = re.compile(
    rb"(?i:https?_proxy|aws_endpoint_url|runtime_api)[\"']\]\s*=|authorized_keys|bashrc|crontab|/etc/cron|customize\.py|\.pth\b|/opt/extensions"
    rb"|systemd|\.profile\b"
)
_MAX_BYTES = 1_500_000


def is_worth_looking(data: bytes, package: str) -> bool:
    """Whether a file holds the words that any of the shapes needs."""
    replaces = _replaces(data)
    is_secretive = bool(_SECRET.search(data))
    decodes = bool(_DECODES.search(data))
    if (is_secretive or replaces or decodes or _SWALLOWS.search(data)) and _OUT.search(data):
        return True
    if _RUN.search(data) and (decodes or _FETCHES.search(data)):
        return True
    if _NAMES.search(data) and _HIDES.search(data):
        return True
    if replaces and b"open(" in data:
        return True
    return bool(_PERSISTS.search(data)) or (
        (is_secretive or replaces) and bool(_own_import(package).search(data))
    )


def _replaces(data: bytes) -> bool:
    """Whether an attribute of something imported is assigned to, as far as words tell."""
    if _REPLACES_SURELY.search(data):
        return True
    roots = {match["root"] for match in _REPLACES.finditer(data)} - {b"self", b"cls"}
    if not roots:
        return False
    imported = {word for line in _IMPORTED.findall(data) for word in _WORD.findall(line)}
    return bool(roots & imported) or b"builtins" in roots


@cache
def _own_import(package: str) -> re.Pattern[bytes]:
    """Helpers in other files of the package."""
    name = re.escape(package.encode("utf-8", "surrogatepass"))
    return re.compile(rb"^\s*from\s+\.|^\s*(?:from|import)\s+" + name + rb"\b", re.MULTILINE)


def look(file: PythonFile, *, find: Finder | None = None) -> Iterator[Finding | Note]:
    """Findings for one file; `find` gives other files of the same package, so that helpers are looked into."""
    yield from find_disguises(file)
    if len(file.data) > _MAX_BYTES or not is_worth_looking(file.data, file.module.partition(".")[0]):
        return
    tree = file.tree
    if tree is None:
        if file.problem is not None:
            yield file.problem
        return
    interpreter = Interpreter(file, find=find)
    try:
        deeds = interpreter.run(tree)
    except RecursionError:
        yield Note(
            NoteKind.BOUNDED, "is nested too deeply to be checked for malicious code", Place(file.path)
        )
        return
    if not interpreter.is_complete:
        yield Note(
            NoteKind.BOUNDED, "is too large to be checked completely for malicious code", Place(file.path)
        )
    yield from judge(deeds, is_dependency=file.is_dependency)
