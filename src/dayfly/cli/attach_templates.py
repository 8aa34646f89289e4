"""`dayfly attach --template` and `dayfly detach --template`: edits templates, shows what changes, checks in CI."""

from __future__ import annotations

import difflib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller
from dayfly.attach.aws.contents import read_published
from dayfly.attach.build import build_layer
from dayfly.attach.layerfile import LayerFile
from dayfly.attach.templates.checking import Checker
from dayfly.attach.templates.model import (
    ZIP_NAME,
    Edited,
    Gap,
    LayerZip,
    Options,
    Template,
    TemplateError,
    TemplateFunction,
)
from dayfly.attach.templates.reading import parse, read_all
from dayfly.attach.templates.terraform import TerraformTemplate
from dayfly.cli.attach_locks import choose_locks, noted, with_locks
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.policy.storing import replace_file

SCHEMA = "dayfly-attach-templates/1"
_OPEN, _UNCHECKED = 1, 2
_TEMPLATES = (".yaml", ".yml", ".json", ".template", ".tf", ".toml")


@dataclass(frozen=True, slots=True)
class _Job:
    """One file, what it holds and what it is to become."""

    path: Path
    template: Template
    edited: Edited

    @property
    def is_changed(self) -> bool:
        return self.edited.text != self.template.text


def attach_templates(
    output: Output,
    paths: Sequence[Path],
    options: Options,
    *,
    is_check: bool,
    is_dry_run: bool,
    account: Account | None = None,
) -> int:
    """Attach Dayfly in templates; with `is_check` only say what is not protected.

    0 if every function that can have Dayfly by a template has it, 1 if one has not or lacks what was asked for: a container
    image, which takes no layer, counts with `is_check` or where it was named. With `is_check` 2 if the only thing amiss
    is that something could not be checked. `account` is asked for published layers. Raises DayflyError (exit code 2) before anything is written.
    """
    if is_check:
        return _check(output, paths, options, _checker(options, account))
    templates = _read(paths)
    _check_names(templates, options)
    jobs = _jobs(templates, lambda template: _attached(template, options))
    # The layer first: a template must never name a zip that is not there.
    if not is_dry_run:
        _build(output, jobs)
    _write(jobs, is_dry_run=is_dry_run)
    _report(output, jobs, "attach", is_dry_run=is_dry_run)
    is_lacking = False if is_dry_run else _tell_lacking(output, paths, options, _checker(options, account))
    return _OPEN if is_lacking or any(_is_open(job, options) for job in jobs) else 0


def _checker(options: Options, account: Account | None) -> Checker:
    if account is None:
        return Checker(options.settings)

    def read(arn: str) -> LayerFile | str:
        region = arn.split(":")[3]
        try:
            client = replace(account, region=account.region or region).client("lambda")
            return read_published(Caller(), client, arn)
        except DayflyError as error:
            return error.message

    return Checker(options.settings, read)


def _tell_lacking(output: Output, paths: Sequence[Path], options: Options, checker: Checker) -> bool:
    """Read what was written once more; say what was asked for and did not come there, and what could not be checked."""
    is_lacking = False
    said: set[str] = set()
    for template in _read(paths):
        for function in template.functions():
            if not function.is_attached or (options.functions and function.name not in options.functions):
                continue
            found = checker.check(function, Path(template.path).parent)
            if found.gap is None:
                continue
            is_lacking = is_lacking or not found.is_unchecked
            if found.gap.reason not in said:
                said.add(found.gap.reason)
                tell = output.say if found.is_unchecked else output.warn
                tell(_sentence(Path(template.path), found.gap))
    return is_lacking


def _is_open(job: _Job, options: Options) -> bool:
    """Whether something stays without Dayfly that editing the template, or naming other functions, could protect."""
    gaps = {gap.function for gap in job.edited.gaps}
    if not gaps or options.functions:
        return bool(gaps)
    return not gaps <= {one.name for one in job.template.functions() if one.is_image}


def detach_templates(output: Output, paths: Sequence[Path], *, is_dry_run: bool) -> int:
    """Take out of templates what attach put there; 1 if something of it stays because it was edited since."""
    jobs = _jobs(_read(paths), lambda template: template.detach())
    _write(jobs, is_dry_run=is_dry_run)
    if not is_dry_run:
        for path in _unused_zips(jobs):
            path.unlink(missing_ok=True)
            output.say(f"{path}: removed, because no template here uses it any more")
    _report(output, jobs, "detach", is_dry_run=is_dry_run)
    return _OPEN if any(job.edited.gaps for job in jobs) else 0


def _read(paths: Sequence[Path]) -> list[Template]:
    if not paths:
        raise TemplateError("no template was given", hint="add --template FILE")
    # The same file named twice is one.
    return read_all(list({path.absolute(): path for path in paths}.values()))


def _check_names(templates: Sequence[Template], options: Options) -> None:
    there = {one.name for template in templates for one in template.functions()}
    unknown = sorted(options.functions - there)
    if unknown:
        raise TemplateError(
            (
                f"function {', '.join(unknown)} not found in "
                f"{', '.join((template.path for template in templates))}"
            ),
            hint="functions in the template: " + (", ".join(sorted(there)) or "none"),
        )


def _attached(template: Template, options: Options) -> Edited:
    chosen = choose_locks(template)
    return noted(_edited(template, with_locks(options, chosen)), template, options, chosen)


def _edited(template: Template, options: Options) -> Edited:
    if not options.functions:
        return template.attach(options)
    if isinstance(template, TerraformTemplate):
        # Its folder's files share one layer, so they are to know of each other's functions.
        is_there = bool(options.functions & template.names_together())
        return template.attach(options) if is_there else Edited(template.text)
    here = options.functions & {one.name for one in template.functions()}
    return template.attach(replace(options, functions=here)) if here else Edited(template.text)


def _jobs(templates: Sequence[Template], edit: Callable[[Template], Edited]) -> list[_Job]:
    """Edit all before any is written: what is wrong with one leaves all as they are."""
    jobs = [_Job(Path(template.path), template, edit(template)) for template in templates]
    for job in jobs:
        if job.is_changed:
            _check_writable(job.path)
    return jobs


def _check_writable(path: Path) -> None:
    if path.is_symlink():
        raise TemplateError(f"{path} is a symbolic link", hint=f"give the target instead: {path.resolve()}")
    # A folder's permissions alone decide whether a file can be replaced; its owner may have meant it.
    if not path.stat().st_mode & 0o222:
        raise TemplateError(f"{path} is read-only", hint="make it writable (chmod u+w), or work on a copy")


def _write(jobs: Sequence[_Job], *, is_dry_run: bool) -> None:
    for job in jobs:
        if is_dry_run or not job.is_changed:
            continue
        try:
            if job.path.read_bytes() != job.template.text.encode():
                raise TemplateError(
                    f"{job.path} was changed by another program during this run", hint="run the command again"
                )
            replace_file(job.path, job.edited.text.encode(), job.path.stat().st_mode & 0o7777)
        except OSError as error:
            raise TemplateError(
                f"{job.path} cannot be written: {error.strerror}", hint="check the folder's permissions"
            ) from error


def _unused_zips(jobs: Sequence[_Job]) -> list[Path]:
    """Layers that attach built beside templates which name them no more, nor does anything else in their folder."""
    found: list[Path] = []
    for job in jobs:
        folder = job.path.parent
        for name in sorted(set(ZIP_NAME.findall(job.template.text)) - set(ZIP_NAME.findall(job.edited.text))):
            path = folder / name
            if path.is_symlink() or not path.is_file() or not _is_ours(path):
                continue
            others = [one for one in folder.iterdir() if one.suffix in _TEMPLATES and one.is_file()]
            if not any(name.encode() in one.read_bytes() for one in others) and path not in found:
                found.append(path)
    return found


def _is_ours(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return {"dayfly"} <= set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _build(output: Output, jobs: Sequence[_Job]) -> None:
    wanted: dict[Path, LayerZip] = {}
    for job in jobs:
        wanted |= {job.path.parent / one.name: one for one in job.edited.zips}
    for path in wanted:
        if path.is_symlink() or (path.exists() and not _is_ours(path)):
            raise TemplateError(
                f"{path} exists and is not a layer that attach built",
                hint="move or delete it, or give --layer ARN",
            )
    for path, one in wanted.items():
        built = build_layer(path, one.pythons)
        if built.not_compiled:
            output.warn(
                f"{path} has no bytecode for Python {', '.join(built.not_compiled)}, because that Python "
                "is not installed here; build the layer on a machine that has it, or give --layer ARN"
            )


def _report(output: Output, jobs: Sequence[_Job], verb: str, *, is_dry_run: bool) -> None:
    if output.is_json:
        templates = [
            {**_described(job, is_dry_run=is_dry_run), **({"diff": _diff(job)} if is_dry_run else {})}
            for job in jobs
        ]
        output.json({"schema": SCHEMA, "command": verb, "templates": templates})
        return
    for job in jobs:
        if is_dry_run and job.is_changed:
            for line in _diff(job):
                style = {"+": "green", "-": "red"}.get(line[:1], "")
                output.say(_printable(line.replace("\t", "    ")), style=style)
        done = "would change" if is_dry_run else "changed"
        names = ", ".join(change.function for change in job.edited.changes)
        output.say(
            _printable(f"{job.path}: {done}: {names}" if job.is_changed else f"{job.path}: nothing to change")
        )
        for note in job.edited.notes:
            output.say(_sentence(job.path, note))
        for gap in job.edited.gaps:
            output.warn(_sentence(job.path, gap))


def _diff(job: _Job) -> list[str]:
    after = parse(job.edited.text, str(job.path))
    rows = difflib.unified_diff(
        job.template.masked().splitlines(),
        after.masked().splitlines(),
        str(job.path),
        str(job.path),
        n=2,
        lineterm="",
    )
    return list(rows)


def _check(output: Output, paths: Sequence[Path], options: Options, checker: Checker) -> int:
    templates = _read(paths)
    _check_names(templates, options)
    is_open = is_unchecked = False
    found: list[dict[str, object]] = []
    for template in templates:
        path = Path(template.path)
        functions = [
            checker.check(one, path.parent)
            for one in template.functions()
            if not options.functions or one.name in options.functions
        ]
        gaps = {one.name: gap for one in functions if (gap := _gap_of(path, one)) is not None}
        unchecked = {one.name for one in functions if one.is_unchecked}
        is_open = is_open or bool(gaps.keys() - unchecked)
        is_unchecked = is_unchecked or bool(unchecked)
        for gap in gaps.values():
            output.say(_sentence(path, gap))
        others = sum(not one.is_python and one.name not in gaps for one in functions)
        attached = sum(one.is_attached for one in functions)
        output.say(f"{path}: {attached} of {len(functions) - others} functions have Dayfly")
        rows = [_checked(one, gaps.get(one.name)) for one in functions]
        found.append({"path": str(path), "kind": str(template.kind), "functions": rows})
    if output.is_json:
        is_protected = None if is_unchecked and not is_open else not is_open
        output.json({"schema": SCHEMA, "command": "check", "is_protected": is_protected, "templates": found})
    return _OPEN if is_open else _UNCHECKED if is_unchecked else 0


def _gap_of(path: Path, function: TemplateFunction) -> Gap | None:
    if function.gap is None and function.is_python and not function.is_attached:
        return Gap(function.name, function.line, "does not have Dayfly", f"dayfly attach --template {path}")
    return function.gap


def _checked(function: TemplateFunction, gap: Gap | None) -> dict[str, object]:
    return {
        "name": function.name,
        "line": function.line,
        "runtimes": list(function.runtimes),
        "is_python": function.is_python,
        "is_attached": function.is_attached,
        "is_unchecked": function.is_unchecked,
        "reason": gap.reason if gap else "",
        "hint": gap.hint if gap else "",
    }


def _described(job: _Job, *, is_dry_run: bool) -> dict[str, object]:
    return {
        "path": str(job.path),
        "kind": str(job.template.kind),
        "is_changed": job.is_changed,
        "is_written": job.is_changed and not is_dry_run,
        "layer_zips": [one.name for one in job.edited.zips],
        "changes": [
            {"function": one.function, "line": one.line, "what": one.what} for one in job.edited.changes
        ],
        "gaps": [_as_json(one) for one in job.edited.gaps],
        "notes": [_as_json(one) for one in job.edited.notes],
    }


def _as_json(gap: Gap) -> dict[str, object]:
    return {"function": gap.function, "line": gap.line, "reason": gap.reason, "hint": gap.hint}


def _sentence(path: Path, gap: Gap) -> str:
    name = f" {gap.function}" if gap.function else ""
    return _printable(f"{path}:{gap.line}{name}: {gap.reason}" + (f" ({gap.hint})" if gap.hint else ""))


def _printable(text: str) -> str:
    """A line for a terminal: a template's names may hold what steers one."""
    return "".join(one if one.isprintable() else "?" for one in text)
