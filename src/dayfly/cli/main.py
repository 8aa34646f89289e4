"""The `dayfly` command: a table of subcommands, each imported only when it is run."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.errors import DayflyError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        "Find the way in, the harm, who brought it and what is kept, in code that is not deployed yet.",
        "scan",
    ),
    "explain": (
        "dayfly.cli.explain:explain",
        "Teach one check of the scanner: the attack, vulnerable and fixed code, how to see it.",
        "scan",
    ),
    "demo": (
        "dayfly.cli.demo:demo",
        "Watch cards being stolen from a warm function, then the same attack under Dayfly.",
        "gauntlet",
    ),
    "layer build": (
        "dayfly.cli.layer:build",
        "Build the layer that puts Dayfly on a function of a managed runtime.",
        "cli",
    ),
    "attach": (
        "dayfly.cli.attach:attach",
        "Put Dayfly on functions that are deployed, or into the template that deploys them.",
        "attach",
    ),
    "detach": (
        "dayfly.cli.detach:detach",
        "Take Dayfly off functions or out of a template, and leave no trace.",
        "attach",
    ),
    "layer test": (
        "dayfly.cli.layer_test:try_layer",
        "Run a function through a built layer in the lab: is Dayfly in force, and which answers differ.",
        "lab",
    ),
    "layer publish": (
        "dayfly.cli.layer_publish:publish_layer",
        "Publish the layer in an account, unless the same bytes are there already.",
        "attach",
    ),
    "doctor": (
        "dayfly.cli.doctor:doctor",
        "Tell which defences are in force on this host, and ask a real account about Lambda.",
        "cli",
    ),
    "status": (
        "dayfly.cli.status:status",
        "Say what of an account or a template is protected, and why something is not.",
        "attach",
    ),
    "iam": (
        "dayfly.cli.iam:iam",
        "Print the policy that a role needs to run a command, and nothing beyond it.",
        "cli",
    ),
    "lifetimes": (
        "dayfly.cli.lifetimes:lifetimes",
        "Measure how long environments really live, and what one infection would have meant.",
        "lifetimes",
    ),
    "promote": (
        "dayfly.cli.promote:promote",
        "Take a function's guard from observe to block, when the fleet has seen enough of it.",
        "attach,policy,fleet",
    ),
    "rollback": (
        "dayfly.cli.rollback:rollback",
        "Take a function's last promotion back, in one command.",
        "attach,policy,fleet",
    ),
    "recycle": (
        "dayfly.cli.recycle:recycle",
        "Replace every environment of a function, and prove from the logs that the old ones are gone.",
        "fleet",
    ),
    "plan": (
        "dayfly.cli.plan:plan",
        "Say what each isolation would cost a function, what it would lose, and what to set.",
        "lab",
    ),
    "policy learn": (
        "dayfly.cli.policy_learn:learn",
        "Write the policy of a function from what it was seen to use, in runs, tests or a log.",
        "lab,policy",
    ),
    "policy check": (
        "dayfly.cli.policy:check",
        "Look a policy over for faults, contradictions, and rules that mean nothing or everything.",
        "policy",
    ),
    "policy explain": (
        "dayfly.cli.policy_explain:explain",
        "Say why a use is allowed, observed or refused, by rule and line.",
        "policy",
    ),
    "policy diff": (
        "dayfly.cli.policy:diff",
        "Say what a new policy would have refused in a log that the old one allowed, and the reverse.",
        "policy",
    ),
    "policy promote": (
        "dayfly.cli.policy:promote",
        "Let rules block that observed for long enough without a finding.",
        "policy",
    ),
    "fleet serve": (
        "dayfly.cli.fleet_serve:serve",
        "Collect what functions log, look for attacks across the fleet, and show both in a browser.",
        "fleet",
    ),
    "fleet alert test": (
        "dayfly.cli.fleet_alert:try_channel",
        "Send a test alert to one channel of fleet.toml, now.",
        "fleet",
    ),
    "fleet export": (
        "dayfly.cli.fleet_export:export",
        "Print what the fleet concluded, as OCSF or for Security Hub, or write Parquet.",
        "fleet",
    ),
    "fleet status": (
        "dayfly.cli.fleet_status:status",
        "Say how the running service is: collector, detections, alerts, store.",
        "fleet",
    ),
    "fleet import": (
        "dayfly.cli.fleet_import:import_",
        "Bring log files and CloudTrail's files into the running service.",
        "fleet",
    ),
    "fleet pull": (
        "dayfly.cli.fleet_pull:pull",
        "Fetch what functions have logged from CloudWatch Logs into the running service.",
        "fleet",
    ),
    "fleet affected": (
        "dayfly.cli.fleet_affected:affected",
        "Say who was served after an infection, as figures or as a table for those who must tell customers.",
        "fleet",
    ),
    "fleet rules list": (
        "dayfly.cli.fleet_rules:show",
        "List the detection rules, Dayfly's and yours.",
        "fleet",
    ),
    "fleet rules check": (
        "dayfly.cli.fleet_rules:check",
        "Check rules of your own, SQL or Sigma, before the service runs them.",
        "fleet",
    ),
    "fleet rules test": (
        "dayfly.cli.fleet_rules:try_out",
        "Say what a rule would have told, without writing anything.",
        "fleet",
    ),
    "fleet user add": (
        "dayfly.cli.fleet_user:add",
        "Make an account.",
        "fleet",
    ),
    "fleet user list": (
        "dayfly.cli.fleet_user:show",
        "Show the accounts.",
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
        "Change what an account may do.",
        "fleet",
    ),
    "fleet key proof": (
        "dayfly.cli.fleet_key_proof:proof",
        "Show the key that proves a function's lines, and where to put it.",
        "fleet",
    ),
    "fleet key add": (
        "dayfly.cli.fleet_key:add",
        "Make the key that a sender of lines proves itself with.",
        "fleet",
    ),
    "fleet key list": (
        "dayfly.cli.fleet_key:show",
        "Show whose keys are out.",
        "fleet",
    ),
    "fleet key remove": (
        "dayfly.cli.fleet_key:remove",
        "Take a sender's key out of use.",
        "fleet",
    ),
    "fleet token add": (
        "dayfly.cli.fleet_token:add",
        "Make a token for a program that asks the service.",
        "fleet",
    ),
    "fleet token list": (
        "dayfly.cli.fleet_token:show",
        "Show whose tokens are out.",
        "fleet",
    ),
    "fleet token remove": (
        "dayfly.cli.fleet_token:remove",
        "Take a token out of use.",
        "fleet",
    ),
    "lab serve": (
        "dayfly.cli.lab:serve",
        "Run functions on this machine as Lambda would, behind the Invoke API.",
        "lab",
    ),
    "lab gauntlet": (
        "dayfly.cli.lab_gauntlet:gauntlet",
        "Run every attack against every protection, and honest requests beside them.",
        "gauntlet",
    ),
    "lab try": (
        "dayfly.cli.lab_try:try_check",
        "Run the attack of one check: on vulnerable code, on its fixed twin, and under Dayfly.",
        "gauntlet,scan",
    ),
}
GROUPS = {
    "fleet": "What no single environment can see: collector, detections and console.",
    "fleet alert": "Who is told of what is found.",
    "fleet key": "Keys of those who send lines.",
    "fleet rules": "Detection rules: Dayfly's, and your own in SQL or Sigma.",
    "fleet token": "Tokens of programs that ask the service.",
    "fleet user": "Who may sign in, and what they may do.",
    "lab": "A Lambda emulator without Docker.",
    "layer": "Dayfly on a managed runtime, by hand.",
    "policy": "What a function may do: learned, checked, explained, compared, promoted.",
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
        help="Makes AWS Lambda functions written in Python really ephemeral, and proves it.",
        help_epilogue=_EPILOGUE,
        version=f"dayfly {__version__}",
        result_action="return_value",
    )
    groups = {
        name: App(
            name=name.rpartition(" ")[2],
            help=text,
            help_epilogue=_GROUP_EPILOGUES.get(name, "" if " " in name else None),
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
        # The reader has closed the pipe, as `head` does. At exit, Python would fail again on what is still buffered.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STANDARD_OUTPUT)
        return CLOSED_PIPE
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "cyclopts":
            raise
        return _report_usage(app, error, arguments)
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


def _report_usage(app: App, error: Exception, arguments: Sequence[str]) -> int:
    """Print what is wrong with the command line; a positional argument goes by the name that --help gives it."""
    from cyclopts import CycloptsPanel, MissingArgumentError, UnknownCommandError

    if isinstance(error, UnknownCommandError):
        return _report(_unknown_command(arguments))
    argument = error.argument if isinstance(error, MissingArgumentError) and error.keyword is None else None
    if isinstance(error, MissingArgumentError) and argument is not None and argument.field_info.is_positional:
        error.keyword = argument.name.lstrip("-").upper()
    app.error_console.print(CycloptsPanel(error))
    return EXIT_USAGE


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
    raise SystemExit(run(sys.argv[1:]))
