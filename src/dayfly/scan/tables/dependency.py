"""The checks of the family `dependency`."""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

CHECKS: tuple[Check, ...] = (
    Check(
        id="dependency.unlocked",
        title="Dependencies without exact versions",
        cwe=1357,
        technique="T1195.001",
        severity=Severity.MEDIUM,
        rule="A requirement without an exact version installs whatever its index serves on the day of the build.",
        attack=(
            "Somebody takes over a maintainer's account and publishes a new release.",
            "The next build takes it, though nobody changed a line of the function.",
            "It is imported during init, with the function's role and environment at hand.",
            "Every customer whom that environment serves afterwards is served by it.",
        ),
        fix="Lock every version, the indirect ones too: uv lock, poetry lock or pip-compile --generate-hashes.",
    ),
    Check(
        id="dependency.unhashed",
        title="Locked versions without hashes",
        cwe=494,
        technique="T1195.002",
        severity=Severity.LOW,
        rule="A version without a hash says which release is wanted, not which bytes: what is served is trusted.",
        attack=(
            "An index, a mirror or a cache between it and the build serves other bytes under the same version.",
            "pip installs them: nothing says what the release looked like when it was chosen.",
            "The function imports them at init and keeps them for as long as its environment is warm.",
        ),
        fix="Record hashes in the lock (pip-compile --generate-hashes, uv export) and install with --require-hashes.",
    ),
    Check(
        id="dependency.vulnerable",
        title="Dependency with a known vulnerability",
        cwe=1395,
        technique="T1190",
        severity=Severity.HIGH,
        rule="An advisory names the version of a package that the function brings along.",
        attack=(
            "The advisory, and often a proof of concept, can be read by anybody.",
            "An event that reaches the vulnerable code runs in an environment that has served others before,",
            "and what is planted there serves the customers who come after.",
        ),
        fix="Raise the version to the one that the finding names, and lock again.",
    ),
    Check(
        id="dependency.source",
        title="Dependency from a source that can change or be overheard",
        cwe=829,
        technique="T1195.001",
        severity=Severity.MEDIUM,
        rule="A branch, an archive without a hash, a second index or plain HTTP lets somebody else choose the code.",
        attack=(
            "pip looks for a name in all its indexes and takes the highest version that it finds.",
            "Somebody registers the name of an internal package at the public index, with version 99.",
            "The build takes that one (or what a branch or a plain connection serves today).",
            "Its code runs at init with the function's role, before any customer's event.",
        ),
        fix="Name one index over HTTPS, pin commits by their full hash and archives by a sha256.",
    ),
    Check(
        id="dependency.capability-changed",
        title="Dependency that does more than it did when it was locked",
        cwe=1357,
        technique="T1195.002",
        severity=Severity.HIGH,
        rule="A dependency has gained a capability (network, processes, evaluation, …) since its capabilities were recorded.",
        attack=(
            "A patch release of a library that formats dates opens a connection when it is imported.",
            "Nothing in its interface has changed, and the tests pass.",
            "From the first cold start after the deployment it talks to somebody, with the role's credentials in reach.",
        ),
        fix="Read what the finding points to; if it is meant, record the capabilities anew and review the change.",
    ),
    Check(
        id="dependency.trojan",
        title="Code of a dependency that acts against its user",
        cwe=506,
        technique="T1195.002",
        severity=Severity.CRITICAL,
        rule="Code sends the environment or credentials away when it is imported, copies what passes through a function that it"
        " replaced, or runs code that it hides or fetches.",
        attack=(
            "At import: the environment, with the role's temporary credentials, is sent to an address of the attacker's.",
            "Or nothing happens at import but that json.loads is replaced by a wrapper.",
            "From then on each event of each customer of the warm environment is copied out of it,",
            "and every answer is right: no log line, no failed test.",
        ),
        fix="Take the version out, rotate every secret that the function could read, and recycle its environments.",
    ),
    Check(
        id="dependency.startup",
        title="Code that runs when the interpreter starts",
        cwe=506,
        technique="T1546.018",
        severity=Severity.MEDIUM,
        rule="A .pth file with an import line, a sitecustomize or a usercustomize runs in every interpreter, unimported by anybody.",
        attack=(
            "A package installs a .pth file beside itself: one line that begins with import.",
            "Every Python that starts there runs it: the build, the tests, each child process of the function.",
            "No code of the function ever imports the package, so nobody looks for it.",
        ),
        fix="Remove the file, or the package that brings it, unless you know it and need it.",
    ),
    Check(
        id="dependency.lookalike",
        title="Name that resembles a popular package",
        cwe=1357,
        technique="T1195.001",
        severity=Severity.MEDIUM,
        rule="A little-known package has a name that differs from a popular one by a slip of the finger.",
        attack=(
            "Somebody registers reqeusts and copies the real package into it, with five lines more.",
            "A developer mistypes the name once; everything works.",
            "The five lines run at init of every environment, with the function's role.",
        ),
        fix="Install the package that you meant; if the name is right, say so with a suppression and its reason.",
    ),
    Check(
        id="dependency.modified",
        title="Installed files that are not what the package published",
        cwe=345,
        technique="T1554",
        severity=Severity.HIGH,
        rule="A file of an installed package differs from its RECORD, is not named there, or is bytecode without its source.",
        attack=(
            "Somebody who can write to the build or to a layer changes one module of an honest package.",
            "Name and version stay what they were: lock, advisories and SBOM say that all is well.",
            "The changed module runs for every customer of every environment.",
        ),
        fix="Install the package again from its index with hashes, and find out who changed it.",
    ),
    Check(
        id="dependency.shadowing",
        title="Module that takes the place of another",
        cwe=427,
        technique="T1574",
        severity=Severity.MEDIUM,
        rule="A module beside the handler or in a layer has the name of a standard or installed one and is imported in its stead.",
        attack=(
            "Lambda looks for modules beside the handler first, then in layers, and last in the runtime.",
            "A layer that somebody shares brings a json.py (or requests.py) of its own.",
            "Every import json from then on means that file, and it passes on what it is given.",
        ),
        fix="Rename the module, or remove it; keep one copy of each package.",
    ),
)
