"""The family `permission`: each function's code against what its template grants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Finding, Note, NoteKind
from dayfly.scan.permissions.comparing import Facts, named
from dayfly.scan.permissions.escalation import find_escalations
from dayfly.scan.permissions.granting import Grant, read_role
from dayfly.scan.permissions.missing import find_missing
from dayfly.scan.permissions.needs import Need, find_needs
from dayfly.scan.permissions.program import Reader
from dayfly.scan.permissions.remembering import Memory as Memory
from dayfly.scan.permissions.unused import find_unused
from dayfly.scan.permissions.walking import find_usage
from dayfly.scan.permissions.wildcards import find_managed, find_wildcards
from dayfly.scan.template.entries import find_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.model import Place
    from dayfly.scan.permissions.usage import Usage
    from dayfly.scan.source.project import Project
    from dayfly.scan.template.entries import Entry
    from dayfly.scan.template.model import LambdaFunction, Statement, Template


@dataclass(frozen=True, slots=True)
class Options:
    """`entries` are handlers that were found already; where None, they are looked for.

    `memory` holds what was found out at an earlier scan.
    """

    entries: Sequence[Entry] | None = None
    memory: Memory | None = None


def check_project(
    project: Project,
    templates: Sequence[Template],
    functions: Sequence[LambdaFunction],
    options: Options | None = None,
) -> Iterator[Finding | Note]:
    """Findings on roles that the templates show, notes on what could not be resolved or compared.

    Nothing is said of functions whose template shows no role but what of their code could not be resolved.
    """
    entries = options.entries if options is not None else None
    if entries is None:
        entries = find_entries(project, templates)[0] if templates else ()
    facts: list[Facts] = []
    reader = Reader()
    for function in functions:
        template = _template_of(function, templates)
        kinds = template.resources if template is not None else {}
        usage, needs, notes = _use(
            project, function, entries, kinds, reader, options.memory if options is not None else None
        )
        yield from notes
        role = read_role(function)
        if role is None:
            continue
        yield from _role_notes(function, role.unknown)
        facts.append(Facts(function, role, usage, needs, kinds))
    yield from _compare(facts)
    for one in facts:
        policies = _resource_policies(one.function, templates)
        yield from find_missing(one, policies)


def _use(
    project: Project,
    function: LambdaFunction,
    entries: Sequence[Entry],
    kinds: Mapping[str, str],
    reader: Reader,
    memory: Memory | None,
) -> tuple[Usage | None, tuple[Need, ...], tuple[Note, ...]]:
    own = [entry for entry in entries if entry.function is function or entry.function == function]
    if not own:
        return None, (), ()
    key = memory.key(own[0], kinds) if memory is not None else ""
    known = memory.recall(key) if memory is not None else None
    if known is not None:
        return known
    usage = find_usage(project, own[0], reader)
    needs, notes = find_needs(usage, kinds)
    if memory is not None:
        memory.remember(key, (usage, needs, (*usage.notes, *notes)))
    return usage, needs, (*usage.notes, *notes)


def _role_notes(function: LambdaFunction, unknown: Sequence[object]) -> Iterator[Note]:
    names = [str(getattr(one, "expression", one)) for one in unknown]
    if names:
        message = (
            f"{function.name} has permissions from {', '.join(names[:3])}, which the template does not "
            "contain: missing permissions were not checked"
        )
        yield Note(NoteKind.NOT_CHECKED, message, function.place, "add its statements to the template")


def _template_of(function: LambdaFunction, templates: Sequence[Template]) -> Template | None:
    for template in templates:
        if any(one is function or one == function for one in template.functions):
            return template
    return None


def _resource_policies(function: LambdaFunction, templates: Sequence[Template]) -> list[Statement]:
    template = _template_of(function, templates)
    if template is None:
        return []
    return [one for statements in template.resource_policies.values() for one in statements]


def _compare(facts: Sequence[Facts]) -> Iterator[Finding]:
    """Each statement once, for all functions that have it: functions may share a role."""
    escalations = list(_escalations(facts))
    yield from escalations
    told: dict[Place, set[str]] = {}
    for one in escalations:
        actions = one.evidence["actions"]
        assert isinstance(actions, list)
        told.setdefault(one.place, set()).update(actions)
    sharing: dict[Grant, list[Facts]] = {}
    for fact in facts:
        for grant in dict.fromkeys(fact.role.grants):
            sharing.setdefault(grant, []).append(fact)
    managed: dict[tuple[str, Place], list[Grant]] = {}
    for grant, owners in sharing.items():
        if grant.managed:
            managed.setdefault((grant.managed, grant.statement.place), []).append(grant)
            continue
        yield from find_unused(grant, owners, frozenset(told.get(grant.statement.place, ())))
        yield from find_wildcards(grant, owners)
    for (name, _), grants in managed.items():
        owners = sharing[grants[0]]
        broad = list(find_managed(name, grants, owners))
        yield from broad
        if not broad:
            yield from _unused_managed(grants, owners)


def _escalations(facts: Sequence[Facts]) -> Iterator[Finding]:
    """Of each role once."""
    roles: dict[frozenset[Grant], list[Facts]] = {}
    for fact in facts:
        roles.setdefault(frozenset(fact.role.grants), []).append(fact)
    for owners in roles.values():
        needs = tuple(need for one in owners for need in one.needs)
        complete = all(one.is_complete for one in owners)
        yield from find_escalations(
            owners[0].role, needs, named(owners), owners[0].kinds, is_complete=complete
        )


def _unused_managed(grants: Sequence[Grant], owners: Sequence[Facts]) -> Iterator[Finding]:
    for grant in grants:
        yield from find_unused(grant, owners)
