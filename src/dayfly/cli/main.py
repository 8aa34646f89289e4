"""The `dayfly` command: a table of subcommands, each imported only when it is run."""

from __future__ import annotations

import io
import os
import select
import sys
from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.errors import DayflyError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer
    from cyclopts import App

EXIT_USAGE = 2
INTERRUPTED = 130
# What a shell reports for a program that SIGPIPE ended. 1 would mean a finding, 2 bad input.
CLOSED_PIPE = 141
_STANDARD_OUTPUT = 1

# name: (where the function is, what --help says, the extra it needs). `dayfly --help` imports none.
# Functions that need the extra `gauntlet` are in another distribution, dayfly-gauntlet.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "scan": (
        "dayfly.cli.scan:scan",
        "Find injection paths, excess permissions, risky dependencies and leaking state before deployment.",
        "scan",
    ),
    "explain": (
        "dayfly.cli.explain:explain",
        "Explain one scanner check: the attack, vulnerable and fixed code, and how to detect it.",
        "scan",
    ),
    "demo": (
        "dayfly.cli.demo:demo",
        "Show an attack that steals card numbers from a warm function, then the same attack under Dayfly.",
        "gauntlet",
    ),
    "layer build": (
        "dayfly.cli.layer:build",
        "Build the Lambda layer that contains Dayfly.",
        "cli",
    ),
    "attach": (
        "dayfly.cli.attach:attach",
        "Add Dayfly to deployed functions or to deployment templates.",
        "attach",
    ),
    "detach": (
        "dayfly.cli.detach:detach",
        "Remove Dayfly from functions or templates.",
        "attach",
    ),
    "layer test": (
        "dayfly.cli.layer_test:try_layer",
        "Run a function with a built layer: check that Dayfly is active and compare answers.",
        "lab",
    ),
    "layer publish": (
        "dayfly.cli.layer_publish:publish_layer",
        "Publish a layer in your AWS account, unless an identical version exists.",
        "attach",
    ),
    "doctor": (
        "dayfly.cli.doctor:doctor",
        "Show which protections are active on this host or on a real Lambda function.",
        "cli",
    ),
    "status": (
        "dayfly.cli.status:status",
        "Show which functions are protected, and why others are not.",
        "attach",
    ),
    "iam": (
        "dayfly.cli.iam:iam",
        "Print the least-privilege IAM policy that a command needs.",
        "cli",
    ),
    "lifetimes": (
        "dayfly.cli.lifetimes:lifetimes",
        "Measure how long execution environments live, and how many requests one infection would affect.",
        "lifetimes",
    ),
    "promote": (
        "dayfly.cli.promote:promote",
        "Move a function's guard from observe to block when the recorded data allows it.",
        "attach,policy,fleet",
    ),
    "rollback": (
        "dayfly.cli.rollback:rollback",
        "Undo a function's last promotion.",
        "attach,policy,fleet",
    ),
    "recycle": (
        "dayfly.cli.recycle:recycle",
        "Replace every environment of a function, and verify it from the logs.",
        "fleet",
    ),
    "plan": (
        "dayfly.cli.plan:plan",
        "Measure what each isolation mode costs a function, and recommend settings.",
        "lab",
    ),
    "policy learn": (
        "dayfly.cli.policy_learn:learn",
        "Generate a function's policy from runs, tests or logs.",
        "lab,policy",
    ),
    "policy check": (
        "dayfly.cli.policy:check",
        "Check a policy for errors, contradictions, and rules that are too broad or have no effect.",
        "policy",
    ),
    "policy explain": (
        "dayfly.cli.policy_explain:explain",
        "Explain why a use is allowed, observed or refused, with the rule and line.",
        "policy",
    ),
    "policy diff": (
        "dayfly.cli.policy:diff",
        "Compare two policies against a log: what the new one would refuse or allow.",
        "policy",
    ),
    "policy promote": (
        "dayfly.cli.policy:promote",
        "Switch rules to block after they have observed long enough without a finding.",
        "policy",
    ),
    "fleet serve": (
        "dayfly.cli.fleet_serve:serve",
        "Run the fleet service: collector, detections and web console.",
        "fleet",
    ),
    "fleet alert test": (
        "dayfly.cli.fleet_alert:try_channel",
        "Send a test alert to one channel of fleet.toml.",
        "fleet",
    ),
    "fleet export": (
        "dayfly.cli.fleet_export:export",
        "Export findings as OCSF, for Security Hub, or as Parquet files.",
        "fleet",
    ),
    "fleet status": (
        "dayfly.cli.fleet_status:status",
        "Show the health of the running service: collector, detections, alerts, store.",
        "fleet",
    ),
    "fleet import": (
        "dayfly.cli.fleet_import:import_",
        "Import log files and CloudTrail files into the running service.",
        "fleet",
    ),
    "fleet pull": (
        "dayfly.cli.fleet_pull:pull",
        "Import function logs from CloudWatch Logs into the running service.",
        "fleet",
    ),
    "fleet affected": (
        "dayfly.cli.fleet_affected:affected",
        "List the requests that an infection may have affected, as totals or as CSV.",
        "fleet",
    ),
    "fleet rules list": (
        "dayfly.cli.fleet_rules:show",
        "List detection rules, built-in and custom.",
        "fleet",
    ),
    "fleet rules check": (
        "dayfly.cli.fleet_rules:check",
        "Validate custom rules (SQL or Sigma) before the service runs them.",
        "fleet",
    ),
    "fleet rules test": (
        "dayfly.cli.fleet_rules:try_out",
        "Run a rule against stored data and show what it would detect.",
        "fleet",
    ),
    "fleet user add": (
        "dayfly.cli.fleet_user:add",
        "Create an account.",
        "fleet",
    ),
    "fleet user list": (
        "dayfly.cli.fleet_user:show",
        "List the accounts.",
        "fleet",
    ),
    "fleet user remove": (
        "dayfly.cli.fleet_user:remove",
        "Remove an account and end its sessions.",
        "fleet",
    ),
    "fleet user password": (
        "dayfly.cli.fleet_user:password",
        "Change a password and end the account's sessions.",
        "fleet",
    ),
    "fleet user role": (
        "dayfly.cli.fleet_user:role",
        "Change an account's role.",
        "fleet",
    ),
    "fleet key proof": (
        "dayfly.cli.fleet_key_proof:proof",
        "Show the key that signs log records, and where to set it.",
        "fleet",
    ),
    "fleet key add": (
        "dayfly.cli.fleet_key:add",
        "Create an ingest key.",
        "fleet",
    ),
    "fleet key list": (
        "dayfly.cli.fleet_key:show",
        "List ingest keys.",
        "fleet",
    ),
    "fleet key remove": (
        "dayfly.cli.fleet_key:remove",
        "Revoke an ingest key.",
        "fleet",
    ),
    "fleet token add": (
        "dayfly.cli.fleet_token:add",
        "Create an API token.",
        "fleet",
    ),
    "fleet token list": (
        "dayfly.cli.fleet_token:show",
        "List API tokens.",
        "fleet",
    ),
    "fleet token remove": (
        "dayfly.cli.fleet_token:remove",
        "Revoke an API token.",
        "fleet",
    ),
    "lab serve": (
        "dayfly.cli.lab:serve",
        "Run functions on this machine behind the Lambda Invoke API.",
        "lab",
    ),
    "lab gauntlet": (
        "dayfly.cli.lab_gauntlet:gauntlet",
        "Run every attack against every protection, with legitimate requests beside them.",
        "gauntlet",
    ),
    "lab try": (
        "dayfly.cli.lab_try:try_check",
        "Run one check's attack on vulnerable code, on fixed code, and under Dayfly.",
        "gauntlet,scan",
    ),
}
GROUPS = {
    "fleet": "Monitor all functions: collector, detections and web console.",
    "fleet alert": "Test alert channels.",
    "fleet key": "Manage ingest keys for log senders, and the signing key.",
    "fleet rules": "List, check and test detection rules: built-in, and custom in SQL or Sigma.",
    "fleet token": "Manage API tokens.",
    "fleet user": "Manage accounts and roles.",
    "lab": "Run functions and attacks in a Lambda emulator without Docker.",
    "layer": "Build, test and publish the Lambda layer.",
    "policy": "Learn, check, explain, compare and promote the policy of what a function may use.",
}

_GROUP_EPILOGUES = {
    "fleet": """Examples:

    dayfly fleet user add ann --role admin
    dayfly fleet serve
    dayfly fleet status
""",
    "lab": """Examples:

    dayfly lab serve ./function --handler app.handler
    dayfly lab try event.command
    dayfly lab gauntlet
""",
    "layer": """Examples:

    dayfly layer build --python 3.13
    dayfly layer test --handler app.handler --events events/
    dayfly layer publish --region eu-central-1
""",
    "policy": """Examples:

    dayfly policy learn app.handler --events events/
    dayfly policy check
    dayfly policy explain finding.json
    dayfly policy diff dayfly.toml new.toml --log yesterday.log
    dayfly policy promote --log fortnight.log
""",
}
_EPILOGUE = """Examples:

    dayfly demo
    dayfly scan template.yaml
    dayfly explain event.command
    dayfly lab serve ./function --handler app.handler
    dayfly plan app.handler --events events/
    dayfly policy learn app.handler --events events/
    dayfly layer build --python 3.12
    dayfly doctor
"""


def build_app(arguments: Sequence[str]) -> App:
    """The command line as cyclopts sees it; raises MissingExtraError without the `cli` extra.

    The command that `arguments` name is described by its own docstring, which needs its module; the
    others by the table.
    """
    try:
        # Half of a second of imports that a missing extra must be able to do without.
        from cyclopts import App
    except ImportError as error:
        raise MissingExtraError(
            f"the command line needs {error.name or 'cyclopts'}, which is not installed",
            hint='pip install "dayfly[cli]"',
        ) from error
    app = App(
        name="dayfly",
        help="Runtime protection for AWS Lambda functions written in Python.",
        help_epilogue=_EPILOGUE,
        version=f"dayfly {__version__}",
        result_action="return_value",
    )
    groups = {
        name: App(
            name=name.rpartition(" ")[2],
            help=text,
            help_epilogue=_GROUP_EPILOGUES.get(name, ""),
        )
        for name, text in GROUPS.items()
    }
    for name, group in groups.items():
        # A group's text says where it belongs: `fleet user` below `fleet`.
        groups.get(name.rpartition(" ")[0], app).command(group)
    for name, (target, text, _) in COMMANDS.items():
        *path, leaf = name.split()
        parent = groups[" ".join(path)] if path else app
        is_named = list(arguments[: len(path) + 1]) == [*path, leaf]
        # An empty epilogue: the command's own examples are the better ones.
        parent.command(
            target, name=leaf, help=None if is_named else text, help_epilogue="" if is_named else None
        )
    return app


def _command_of(arguments: list[str]) -> tuple[str, str]:
    """Return the module of the command that is called, "" for an unknown one, and the extra it needs."""
    for name, (target, _, extra) in COMMANDS.items():
        words = name.split()
        if arguments[: len(words)] == words:
            return target.partition(":")[0], extra
    return "", "all"


def _missing_module(error: BaseException | None) -> str | None:
    """The module that was not found; cyclopts wraps the import error of a command in one of its own."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            return error.name
        error = error.__cause__ or error.__context__
    return None


def _has_reader(descriptor: int) -> bool:
    """Say whether somebody may still read what is written to this descriptor."""
    watched = select.poll()
    watched.register(descriptor, 0)  # poll(2) reports POLLERR, a pipe without a reader, in any case
    return not watched.poll(0)


class _StandardOutput(io.FileIO):
    """Standard output, which remembers why it could not be written: other OSErrors are faults of Dayfly's own."""

    failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write as `io.FileIO` does."""
        try:
            return super().write(data)
        except OSError as error:
            _StandardOutput.failure = error
            raise


def _discard_output() -> None:
    """Let what is still buffered go nowhere: at exit, Python would fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STANDARD_OUTPUT)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; the one place where errors become messages."""
    try:
        app = build_app(arguments)
        result = app(arguments, exit_on_error=False, print_error=False)
    except DayflyError as error:
        return _report(error)
    except ImportError as error:
        name = _missing_module(error)
        module, extra = _command_of(arguments)
        if name == module and "gauntlet" in extra.split(","):
            name = "dayfly-gauntlet"
        elif name is None or name.partition(".")[0] == "dayfly":
            raise
        return _report(
            MissingExtraError(
                f"this command needs {name}, which is not installed", hint=f'pip install "dayfly[{extra}]"'
            )
        )
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        if _has_reader(_STANDARD_OUTPUT):
            raise
        # The reader has closed the pipe, as `head` does.
        _discard_output()
        return CLOSED_PIPE
    except OSError as error:
        if error is not _StandardOutput.failure:
            raise
        _discard_output()
        return _report(
            DayflyError(
                f"cannot write to standard output: {error.strerror}",
                hint="free disk space, or redirect the output to another file",
            )
        )
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "cyclopts":
            raise
        return _report_usage(error, arguments)
    return result if isinstance(result, int) else 0


def _unknown_command(arguments: Sequence[str]) -> DayflyError:
    """Say which word names no command, and what was probably meant; no command's module is imported for it."""
    # Late: only a mistyped command needs it.
    from difflib import get_close_matches

    given, depth = list(arguments), 1
    while " ".join(given[:depth]) in GROUPS:
        depth += 1
    group, word = given[: depth - 1], given[depth - 1]
    names = [name.split() for name in (*COMMANDS, *GROUPS)]
    known = sorted({name[depth - 1] for name in names if len(name) >= depth and name[: depth - 1] == group})
    meant = get_close_matches(word, known, n=1)
    question = f" Did you mean '{meant[0]}'?" if meant else ""
    kind = "option" if word.startswith("-") else "command"
    return DayflyError(
        f"Unknown {kind} '{word}'.{question}",
        hint=f"{' '.join(['dayfly', *group])} --help lists the commands",
    )


def _report_usage(error: Exception, arguments: Sequence[str]) -> int:
    """Print what is wrong with the command line; a positional argument goes by the name that --help gives it."""
    from cyclopts import CycloptsError, MissingArgumentError, UnknownCommandError, UnusedCliTokensError

    if isinstance(error, UnknownCommandError):
        return _report(_unknown_command(arguments))
    text = str(error).replace('"', "'").replace("into int.", "into a whole number.")
    text = text.replace("into float.", "into a number.")
    command = error.command_chain or () if isinstance(error, CycloptsError) else ()
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.argument.name
        if error.argument.field_info.is_positional:
            name = name.lstrip("-").upper()
        text = f"{name} is missing" if error.keyword is None else f"{error.keyword} needs a value"
    elif isinstance(error, UnusedCliTokensError):
        text = f"Unexpected argument '{(error.unused_tokens or [''])[0]}'."
    return _report(DayflyError(text, hint=f"see `{' '.join(['dayfly', *command])} --help`"))


def _report(error: DayflyError) -> int:
    try:
        from dayfly.cli.output import Output  # rich is part of the extra that may be what is missing
    except ImportError:
        sys.stderr.write(f"error: {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return EXIT_USAGE
    Output().fail(error)
    return EXIT_USAGE


def main() -> None:
    """Console script."""
    before = sys.stdout
    if isinstance(before, io.TextIOWrapper):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_StandardOutput(_STANDARD_OUTPUT, "w", closefd=False)),
            encoding=before.encoding,
            errors=before.errors,
            line_buffering=bool(before.line_buffering or before.write_through),
        )
    raise SystemExit(run(sys.argv[1:]))
