"""The commands of an installed Dayfly, on projects as people have them: output, exit codes, and what they do to files."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.frontdoor.installed import COMMAND_TIMEOUT_S, Installed
from tests.frontdoor.projects import CLOUDFORMATION, LOG, PLAIN, SAM, TERRAFORM

PROJECTS = {"sam": SAM, "cloudformation": CLOUDFORMATION, "terraform": TERRAFORM, "plain": PLAIN}


@pytest.fixture
def projects(dayfly: Installed) -> Installed:
    """The installed Dayfly in a folder that holds every project of PROJECTS, each in a folder of its name."""
    for name, files in PROJECTS.items():
        dayfly.write(files, below=name)
    return dayfly


def files_below(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def checks(document: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Where each check of a scan found something, as path and line."""
    return {one["check"]: (one["place"]["path"], one["place"]["line"]) for one in document["findings"]}


def test_help_names_every_command_of_the_quickstart(dayfly: Installed) -> None:
    shown = dayfly.run("--help")
    assert (shown.code, shown.err) == (0, "")
    for name in ("attach", "detach", "doctor", "fleet", "lab", "layer", "plan", "policy", "scan", "status"):
        assert f" {name} " in shown.out, name


def test_a_scan_follows_an_event_from_a_sam_function_into_its_layer(projects: Installed) -> None:
    done = projects.run("scan", "sam/template.yaml", "--format", "json")
    assert (done.code, done.err) == (1, "")
    path, line = checks(done.json)["event.command"]
    source = SAM["shared/python/shop/audit.py"].splitlines()
    assert path.endswith("shared/python/shop/audit.py")
    assert "shell=True" in source[line - 1]


def test_a_scan_of_a_cloudformation_stack_reads_its_code_and_its_role(projects: Installed) -> None:
    done = projects.run("scan", "cloudformation/stack.yaml")
    assert done.code == 1
    assert "event.code" in done.out
    assert "permission.wildcard" in done.out
    assert "app.py:2" in done.out


def test_a_scan_of_clean_code_ends_with_0(projects: Installed) -> None:
    done = projects.run("scan", "sam/refunds", "--format", "json")
    assert (done.code, done.err, done.json["findings"]) == (0, "", [])


@pytest.mark.parametrize("name", ["empty", "nowhere"])
def test_a_scan_of_nothing_never_passes_for_clean(dayfly: Installed, name: str) -> None:
    (dayfly.folder / "empty").mkdir()
    assert name in dayfly.run("scan", name).refused()


def test_explain_teaches_the_check_that_a_finding_names(dayfly: Installed) -> None:
    shown = dayfly.run("explain", "event.command")
    assert (shown.code, shown.err) == (0, "")
    assert "shell=True" in shown.out
    told = dayfly.run("explain", "event.command", "--json").json
    assert "shell=True" in str(told["vulnerable"])
    assert "shell=True" not in str(told["fixed"])
    assert "event.command" in dayfly.run("explain", "event.comand").refused(), "what was meant"


@pytest.mark.parametrize(
    ("project", "template", "options"),
    [
        pytest.param("terraform", "main.tf", [], id="terraform"),
        pytest.param("cloudformation", "stack.yaml", ["--layer", "DayflyLayerArn"], id="cloudformation"),
    ],
)
def test_attach_edits_a_template_and_detach_gives_every_byte_back(
    projects: Installed, project: str, template: str, options: list[str]
) -> None:
    folder = projects.folder / project
    before, named = files_below(folder), ["--template", f"{project}/{template}"]
    assert projects.run("attach", *named, *options, "--guard", "block").code == 0
    assert "/opt/dayfly" in (folder / template).read_text()

    # A layer that is a parameter cannot be read here: that is said, and never 0.
    status = projects.run("status", *named, "--check", "--json")
    assert status.code == (2 if options else 0)
    levels = {one["level"] for one in status.json["templates"][0]["functions"]}  # type: ignore[index]
    assert levels == ({"unknown"} if options else {"protected"})

    assert projects.run("detach", *named).code == 0
    assert files_below(folder) == before


def test_a_check_of_a_sam_template_changes_nothing_and_knows_the_guard(projects: Installed) -> None:
    named = ["--template", "sam/template.yaml"]
    before = files_below(projects.folder)
    assert projects.run("attach", *named, "--check").code == 1
    assert files_below(projects.folder) == before
    assert projects.run("attach", *named, "--guard", "block").code == 0
    assert projects.run("attach", *named, "--check", "--guard", "block").code == 0
    assert projects.run("attach", *named, "--check", "--guard", "observe").code == 1
    status = projects.run("status", *named, "--check", "--json")
    assert status.code == 0
    levels = {one["level"] for one in status.json["templates"][0]["functions"]}  # type: ignore[index]
    assert levels == {"protected"}
    assert projects.run("detach", *named).code == 0
    assert files_below(projects.folder) == before


def test_plan_recommends_an_isolation_for_a_small_handler(projects: Installed) -> None:
    command = [
        "plan",
        "app.handler",
        "--folder",
        "plain",
        "--events",
        "plain/events",
        "--env",
        "TABLE=prices",
    ]
    done = projects.run(*command, "--invocations", "5", "--json")
    told = done.json
    assert [one["name"] for one in told["isolations"]] == ["plain", "invocation", "window", "process"]  # type: ignore[attr-defined]
    assert told["answers"] == {"same": True, "differences": []}
    recommendation: Any = told["recommendation"]
    # On a busy machine the figures may scatter too much to choose: that is said, and ends with 2.
    assert done.code == (2 if recommendation["undecided"] else 0)
    assert not (projects.folder / "plain" / "dayfly.toml").exists(), "without --write it writes nothing"


def test_a_policy_is_learned_from_events_and_passes_its_own_check(projects: Installed) -> None:
    command = ["policy", "learn", "app.handler", "--folder", "plain", "--events", "plain/events"]
    learned = projects.run(*command, "--env", "TABLE=prices", "--json")
    assert learned.code == 0, learned.err
    tables: Any = learned.json["tables"]
    assert [one["pattern"] if isinstance(one, dict) else one for one in tables["process"]["always"]] != []
    assert "TABLE" in json.dumps(tables["environment"])
    text = (projects.folder / "plain" / "dayfly.toml").read_text()
    assert "echo" in text
    checked = projects.run("policy", "check", "plain", "--json")
    assert (checked.code, checked.json["problems"]) == (0, [])


def test_a_wrong_policy_is_named_by_file_and_line(dayfly: Installed) -> None:
    dayfly.write({"dayfly.toml": '[policy]\nmode = "blok"\n'})
    shown = dayfly.run("policy", "check", "dayfly.toml")
    assert shown.code == 1
    assert "dayfly.toml:2" in shown.out
    assert "blok" in shown.out
    assert "block" in shown.out.replace("blok", ""), "what it may be"


def test_doctor_says_which_defences_this_host_allows(dayfly: Installed) -> None:
    done = dayfly.run("doctor", "--json")
    rows: Any = done.json["rows"]
    assert (done.code, done.err) == (0, "")
    assert {"pidfd", "supervisor-memory", "bubblewrap"} <= {row["name"] for row in rows}


def test_iam_prints_a_policy_that_aws_takes_and_nothing_else_on_standard_output(dayfly: Installed) -> None:
    account = ["--region", "eu-central-1", "--account", "111122223333"]
    policy: Any = dayfly.run("iam", "attach", *account).json
    assert policy["Version"] == "2012-10-17"
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert "lambda:UpdateFunctionConfiguration" in actions
    assert not [action for action in actions if action.endswith("*") or action.startswith("iam:")]


def test_lifetimes_reads_what_aws_logs_tail_prints(dayfly: Installed) -> None:
    done = dayfly.run("lifetimes", "-", "--function", "checkout", "--json", text=LOG)
    functions: Any = done.json["functions"]
    assert (done.code, [one["environments"] for one in functions]) == (0, [2])
    assert functions[0]["invocations"] == 3
    dayfly.write({"day.log": LOG})
    shown = dayfly.run("lifetimes", "day.log", "--function", "checkout")
    assert shown.code == 0
    assert "checkout" in shown.out
    assert "60 min" in shown.out or "1 h" in shown.out, "the longest lived an hour"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["atach"], "attach"),
        (["lab", "srve"], "serve"),
        (["scan", "--formt"], "--format"),
    ],
)
def test_a_mistyped_word_is_answered_with_what_was_meant(
    dayfly: Installed, words: list[str], meant: str
) -> None:
    message = " ".join(dayfly.run(*words).refused().replace("│", " ").split())
    assert "Did you mean" in message
    assert meant in message.partition("Did you mean")[2]


def test_a_command_whose_extra_is_missing_says_what_to_install(dayfly: Installed) -> None:
    message = dayfly.run("fleet", "serve").refused()
    assert 'pip install "dayfly[fleet]"' in message


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["plan", "app.handlr", "--folder", "plain", "--events", "plain/events"], "handlr"),
        (["plan", "app.handler", "--folder", "plain", "--events", "nowhere"], "nowhere"),
        (["policy", "check", "nowhere.toml"], "nowhere.toml"),
        (["policy", "learn", "app.handler", "--folder", "nowhere", "--events", "plain/events"], "nowhere"),
        (["layer", "build", "--python", "3.99"], "3.99"),
        (
            ["layer", "test", "nowhere.zip", "--handler", "app.handler", "--events", "plain/events"],
            "nowhere.zip",
        ),
        (["attach", "--template", "plain/app.py"], "app.py"),
        (["status", "--template", "nowhere.yaml"], "nowhere.yaml"),
        (["lifetimes", "nowhere.log"], "nowhere.log"),
        (["iam", "nothing"], "nothing"),
        (["lab", "serve", "nowhere", "--handler", "app.handler"], "nowhere"),
        (["fleet", "status"], "fleet serve"),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, list) else "",
)
def test_bad_input_ends_with_2_and_a_message_that_names_it(
    projects: Installed, words: list[str], named: str
) -> None:
    assert named in projects.run(*words).refused()


@pytest.mark.parametrize("words", [["scan", "sam", "--format", "json"], ["explain", "--list"]])
def test_a_reader_who_leaves_ends_a_command_quietly(projects: Installed, words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [str(projects.program), *words],
        cwd=projects.folder,
        env=projects.environment,
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
    )
    os.close(writer)
    # As a shell has it of a program that SIGPIPE ended: neither "clean" nor "there is a finding".
    assert (done.returncode, done.stderr) == (141, "")
