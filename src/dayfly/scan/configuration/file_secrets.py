"""Secrets in files beside the code that are packed or committed with it: settings, keys, scripts."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from dayfly.scan.configuration.formats import find_formats
from dayfly.scan.configuration.secret_findings import format_finding, named_finding
from dayfly.scan.configuration.values import TELLING, is_address_secret, judge
from dayfly.scan.model import Place, Severity
from dayfly.scan.template.looks import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.model import Finding
    from dayfly.scan.source.project import Project

_NAMED = (
    ".env", ".ini", ".cfg", ".conf", ".toml", ".properties", ".yaml", ".yml", ".json", ".tfvars", ".tf", ".sh", ".envrc",
    ".config", ".settings", ".xml",
)  # fmt: skip
_OTHER = (
    ".pem",
    ".key",
    ".p8",
    ".ppk",
    ".txt",
    ".ipynb",
    ".js",
    ".ts",
    ".sql",
    ".bat",
    ".ps1",
    ".md",
    ".rst",
    ".html",
)
_NAMES = re.compile(
    r"(?:\.env(?:\.[\w.-]+)?|Dockerfile(?:\.\w+)?|credentials|\.npmrc|\.pypirc|\.netrc|id_(?:rsa|dsa|ecdsa|ed25519))$"
)
_SKIPPED = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|\.git|dist-info|egg-info)/|\.dist-info/|\.egg-info/|"
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|pnpm-lock\.yaml)$|\.min\.js$|\.map$"
)
_EXAMPLE_FILE = re.compile(
    r"(?:example|sample|template|dist|default)s?(?:\.|$)|(?:^|/)(?:examples?|samples?|docs?)/", re.IGNORECASE
)
_MAX_FILE = 1_000_000
_MAX_LINE = 2_000
# name: value, name = value, "name": "value", export NAME=value, ENV NAME value
_LINE = re.compile(
    r"^\s*(?:-\s+)?(?:export\s+|ENV\s+|ARG\s+|set\s+)?[\"']?(?P<name>[A-Za-z_][\w.-]{1,79})[\"']?\s*[:=]\s*"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s#,;]+)\s*[,;]?\s*(?:#.*)?$"
)
# The same within a line of JSON, or of YAML's flow style.
_PAIR = re.compile(
    r"[\"'](?P<name>[A-Za-z_][\w.-]{1,79})[\"']\s*:\s*(?P<value>\"[^\"\\]{1,512}\"|'[^'\\]{1,512}')"
    r"|[{,]\s*(?P<bare>[A-Za-z_][\w.-]{1,79}):\s+(?P<word>\"[^\"\\]{1,512}\"|'[^'\\]{1,512}'|[^\s,{}\"']{1,512})"
)


def find_in_files(project: Project) -> Iterator[Finding]:
    """Every secret of the project's files that are neither Python nor a dependency's."""
    for path in sorted(project.others):
        name = posixpath.basename(path)
        is_settings = path.endswith(_NAMED) or _NAMES.match(name) is not None
        if _SKIPPED.search(path) or not (is_settings or path.endswith(_OTHER)):
            continue
        data = project.read(path)
        if len(data) > _MAX_FILE or b"\0" in data[:4000]:
            continue
        yield from find_in_text(path, data.decode("utf-8", "replace"), is_settings=is_settings)


def find_in_text(path: str, text: str, *, is_settings: bool) -> Iterator[Finding]:
    """Secrets of one file; `is_settings` where its lines bind names to values."""
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    in_test = is_test(path) or _EXAMPLE_FILE.search(path) is not None
    taken: list[tuple[int, int]] = []
    told: set[int] = set()
    for match in find_formats(text):
        if match.format.check == "secret.connection-string":
            host = text[match.end + 1 : match.end + 200].split("/")[0].split(":")[0].split("?")[0].strip()
            if in_test or not is_address_secret(match.secret, host):
                continue
        if any(start < match.end and match.start < end for start, end in taken):
            continue
        taken.append((match.start, match.end))
        line = bisect_right(lines, match.start)
        end_line = bisect_right(lines, max(match.end - 1, match.start))
        told.update(range(line, end_line + 1))
        place = Place(
            path,
            line,
            match.start - lines[line - 1] + 1,
            end_line,
            match.end - lines[end_line - 1] + 1,
        )
        yield format_finding(match, place, name=_name_on(text, lines, line), in_test=in_test)
    if is_settings and not in_test:
        yield from _named(path, text, told)


def _name_on(text: str, lines: list[int], line: int) -> str:
    end = lines[line] if line < len(lines) else len(text)
    match = _LINE.match(text[lines[line - 1] : min(end, lines[line - 1] + _MAX_LINE)].rstrip("\n"))
    return match["name"] if match is not None else ""


def _named(path: str, text: str, told: set[int]) -> Iterator[Finding]:
    lines = text.split("\n")
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    candidates = sorted({bisect_right(starts, match.start()) for match in TELLING.finditer(text)})
    for number in candidates:
        line = lines[number - 1]
        if number in told or len(line) > _MAX_LINE:
            continue
        for name, start, value in _bindings(line.rstrip("\r")):
            verdict = judge(name, value)
            if verdict is not None:
                kind, confidence = verdict
                yield named_finding(
                    "secret.file",
                    f"{name} contains a {kind} in a file",
                    Place(path, number, start + 1, number, start + 1 + len(value)),
                    name=name,
                    kind=kind,
                    value=value,
                    severity=Severity.MEDIUM,
                    confidence=confidence,
                )


def _bindings(line: str) -> Iterator[tuple[str, int, str]]:
    """Names, where their values begin (from 0), and the values without quotes."""
    whole = _LINE.match(line)
    found = [(whole["name"], whole.start("value"), whole["value"])] if whole is not None else []
    if not found:
        for pair in _PAIR.finditer(line):
            group = "value" if pair["name"] else "word"
            found.append((pair["name"] or pair["bare"], pair.start(group), pair[group]))
    for name, start, value in found:
        if value[:1] in "\"'":
            yield name, start + 1, value[1:-1]
        else:
            yield name, start, value
