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
        rule="A requirement without an exact version installs the version that the index has on the day of "
        "the build.",
        attack=(
            "An attacker takes over a maintainer's account and publishes a new release.",
            "The next build installs it, although the function's code did not change.",
            "It is imported during init, with access to the function's role and environment.",
            "It then serves every customer of that environment.",
        ),
        fix="Lock every version, including indirect dependencies: uv lock, poetry lock or pip-compile "
        "--generate-hashes.",
    ),
    Check(
        id="dependency.unhashed",
        title="Locked versions without hashes",
        cwe=494,
        technique="T1195.002",
        severity=Severity.LOW,
        rule=(
            "A version without a hash identifies a release, not its bytes: pip accepts any file that the "
            "index returns."
        ),
        attack=(
            "An index, a mirror or a cache returns other bytes under the same version.",
            "pip installs them, because no hash identifies the original release.",
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
        rule="An advisory affects a package version in the function.",
        attack=(
            "The advisory, and often a proof of concept, are public.",
            "An event that reaches the vulnerable code runs in an environment that has served others before,",
            "and injected code serves all later customers.",
        ),
        fix="Upgrade to the version in the finding, and lock again.",
    ),
    Check(
        id="dependency.source",
        title="Dependency from a mutable or unencrypted source",
        cwe=829,
        technique="T1195.001",
        severity=Severity.MEDIUM,
        rule=(
            "A branch, an archive without a hash, a second index or plain HTTP lets an attacker choose the "
            "code."
        ),
        attack=(
            "pip looks for a name in all its indexes and takes the highest version that it finds.",
            "An attacker registers the name of an internal package at the public index, with version 99.",
            "The build takes that one (or whatever a branch or an unencrypted connection returns today).",
            "Its code runs at init with the function's role, before any customer's event.",
        ),
        fix="Use one index over HTTPS, and pin commits by their full hash and archives by a sha256.",
    ),
    Check(
        id="dependency.capability-changed",
        title="Dependency with a new capability",
        cwe=1357,
        technique="T1195.002",
        severity=Severity.HIGH,
        rule="A dependency has gained a capability (network, processes, evaluation, …) since its capabilities "
        "were recorded.",
        attack=(
            "A patch release of a date formatting library opens a connection at import.",
            "Its interface has not changed, and the tests pass.",
            (
                "From the first cold start after the deployment it connects to an unknown host, with access to "
                "the role's credentials."
            ),
        ),
        fix=(
            "Read the code in the finding; if it is intended, record the capabilities again and review the "
            "change."
        ),
    ),
    Check(
        id="dependency.trojan",
        title="Malicious code in a dependency",
        cwe=506,
        technique="T1195.002",
        severity=Severity.CRITICAL,
        rule=(
            "Code sends environment variables or credentials to another host at import, copies data that "
            "passes through a replaced function, or runs hidden or downloaded code."
        ),
        attack=(
            "At import: the environment, with the role's temporary credentials, is sent to the attacker.",
            "Or the import only replaces json.loads with a wrapper.",
            "After that, each event of each customer of the warm environment is copied to the attacker,",
            "and every answer is correct: there is no log record and no failed test.",
        ),
        fix=(
            "Remove the version, rotate every secret that the function could read, and recycle its "
            "environments."
        ),
    ),
    Check(
        id="dependency.startup",
        title="Code that runs when the interpreter starts",
        cwe=506,
        technique="T1546.018",
        severity=Severity.MEDIUM,
        rule=(
            "A .pth file with an import line, a sitecustomize or a usercustomize runs in every interpreter "
            "without an import."
        ),
        attack=(
            "A package installs a .pth file beside itself: one line that begins with import.",
            "Every Python that starts there runs it: the build, the tests, each child process of the function.",
            "No code of the function imports the package, so it is easily overlooked.",
        ),
        fix="Remove the file, or the package that installs it, unless you know and need it.",
    ),
    Check(
        id="dependency.lookalike",
        title="Name that resembles a popular package",
        cwe=1357,
        technique="T1195.001",
        severity=Severity.MEDIUM,
        rule="The name of a little-known package differs from a popular one by a typing error.",
        attack=(
            "An attacker registers reqeusts with a copy of the real package and five extra lines.",
            "A developer mistypes the name once; everything works.",
            "The five lines run at init of every environment, with the function's role.",
        ),
        fix="Install the package that you meant; if the name is correct, suppress the finding with a reason.",
    ),
    Check(
        id="dependency.modified",
        title="Installed files differ from the published package",
        cwe=345,
        technique="T1554",
        severity=Severity.HIGH,
        rule="A file of an installed package differs from its RECORD, is missing there, or is bytecode "
        "without source.",
        attack=(
            (
                "An attacker who can write to the build or to a layer changes one module of a legitimate "
                "package."
            ),
            "Name and version do not change, so lock file, advisories and SBOM show no problem.",
            "The changed module runs for every customer of every environment.",
        ),
        fix="Install the package again from its index with hashes, and find out what changed it.",
    ),
    Check(
        id="dependency.shadowing",
        title="Module that shadows another",
        cwe=427,
        technique="T1574",
        severity=Severity.MEDIUM,
        rule="A module beside the handler or in a layer has the name of a standard or installed module and is "
        "imported instead of it.",
        attack=(
            "Lambda searches for modules beside the handler first, then in layers, and last in the runtime.",
            "A shared layer contains its own json.py (or requests.py).",
            "Every import json then loads that file, which can copy its data.",
        ),
        fix="Rename the module, or remove it; keep one copy of each package.",
    ),
)
