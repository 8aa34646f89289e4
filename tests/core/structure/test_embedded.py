"""Programs in other languages on a command line: the event may supply numbers, sums and filters that only compute."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from tests.core.structure.fakes import FakeProvenance

from dayfly.core.structure.filters import is_filter
from dayfly.core.structure.shell import judge_argv
from dayfly.core.structure.trusted_literals import OwnText

SUM = ["awk", "BEGIN { print {} }"]


def verdict(words: list[str], *values: str) -> str:
    arguments, own = [], list[str]()
    for word in words:
        pieces = word.split("{}")
        arguments.append(pieces[0] + "".join(map("".join, zip(values, pieces[1:], strict=False))))
        own += pieces
    event = FakeProvenance({f"v{number}": value for number, value in enumerate(values)}, keys=False)
    return judge_argv(words[0], arguments, event, OwnText(own)).verdict


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 * 3",
        "sqrt(2) * (1 - 0.19) ^ 2",
        "int(7 / 2) % 3",
        "exp(1) - log(10)",
        "atan2(1, -1)",
        "-2",
        "1 - -2",
        "1e3/.5",
        "((1))",
    ],
)
def test_a_sum_in_a_program_of_awks_only_computes(text: str) -> None:
    assert verdict(SUM, text) == "allow"
    assert verdict(["awk", "$3 > {} / 2"], text.removeprefix("-")) == "allow"


@pytest.mark.parametrize(
    "text",
    [
        '1; system("id")',
        'ENVIRON["X"]',
        "ENVIRON[1]",
        "1 } END { x",
        "1 > 2",
        "1 | 2",
        "/a/",
        "1 / / 2",
        "/1/",
        "1 /",
        "(1",
        "1)",
        "1 +",
        "1 2",
        "1, 2",
        "1++2",
        "1--2",
        "1\n2",
        "1 # 2",
        "x",
        "length",
        "getline",
        "system(1)",
        "int",
        "int()",
        "$1",
        "1 ~ 2",
        "srand(1)",
        "2 in x",
    ],
)
def test_what_may_do_more_than_compute_is_refused_in_awk(text: str) -> None:
    assert verdict(SUM, text) == "refuse"


def test_a_sum_ends_nothing_of_the_program_around_it() -> None:
    for before, after in (
        ("print $1 -", ""),
        ("x", ""),
        ("print ", "x"),
        ("print 1.", ""),
        ("print ", "(1)e"),
    ):
        expected = "allow" if after == "(1)e" else "refuse"
        assert verdict(["awk", "{ " + before + "{}" + after + " }"], "-2") == expected
    assert verdict(["awk", "-f", "{}"], "1") == "refuse" == verdict(["awk", "-f", "lib/{}.awk"], "a")


@pytest.mark.parametrize(
    ("words", "values", "expected"),
    [
        (["sed", "-n", "{},{}p"], ("2", "4"), "allow"),
        (["sed", "-E", "-n", "{}p"], ("12",), "allow"),
        (["sed", "-n", "-e", "{}q"], ("12",), "allow"),
        (["sed", "{}!d; s/a/b/"], ("12",), "allow"),
        (["sed", "-n", "{},{}p"], ("2", "4w /tmp/x"), "refuse"),
        (["sed", "-n", "{},{}p"], ("1e id;2", "4"), "refuse"),
        (["sed", "-n", "{}p"], ("$",), "refuse"),
        (["sed", "{}"], ("3",), "refuse"),
        (["sed", "s{}"], ("3",), "refuse"),
        (["sed", "-f", "{}"], ("3",), "refuse"),
        (["sed", "-nf", "lib/{}/x"], ("3",), "refuse"),
        (["node", "-e", "console.log({} * 2)"], ("21",), "allow"),
        (["perl", "-e", "print {} * 2"], ("21",), "allow"),
        (["ruby", "-e", "puts f{}"], ("21",), "refuse"),
        (["node", "lib/{}/x"], ("21",), "refuse"),
        (["node", "-r", "lib/{}/x"], ("21",), "refuse"),
    ],
)
def test_a_number_in_a_program_is_a_value(words: list[str], values: tuple[str, ...], expected: str) -> None:
    assert verdict(words, *values) == expected


FILTERS = [
    ".items[] | select(.n > 2) | .sku",
    '.user.name | ascii_downcase | gsub("[^a-z]"; "-")',
    "{total: ([.items[].n] | add), names: .user.tags}",
    '"\\(.a | length) of \\(.b["x"])"',
    "{env, a: 1, input: .b}",
    "{if: 1}",
    ". as $x | $x.a",
    "..|.env?",
    'if .a == "env" then 1 elif .b then 2 else error end',
    "[limit(3; .[])] | sort_by(.a) | @csv",
    # No jq reads these.
    ".[ it's broken; --",
    ".a & env",
]
REFUSED = [
    "$ENV.X",
    "$ENV",
    "{$ENV}",
    "env",
    "env.X",
    "input",
    "inputs",
    ".a as $x | env",
    '"\\(env)"',
    '"a\\("b\\(env)")"',
    '"\\\\\\(env)"',
    "{a: env}",
    "{a: 1, b: (env)}",
    '{"a": env}',
    "{(env|tostring): 1}",
    "{a: if 1 then 2 else 3, env, 4 end}",
    "{a:[1, env]}",
    "{a: .[env, 1]}",
    ".[env:]",
    "# '\nenv",
    'include "a"; .',
    'import "a" as a; a::x',
    ". env",
    "..env",
    "1.env",
    "$__prog_args",
    "$ARGS",
    "$ ENV",
    "@base64 env",
    "def f: f; f",
    "[range(9)]",
    "repeat(1)",
    "halt_error",
    "debug",
    "input_filename",
    "get_search_list",
    "if env then 1 else 2 end",
    ".a)",
    "(.a",
    "[.a)",
    ".a end",
    '"a',
    "é",
    "\\env",
]


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_of_the_event_that_computes_with_its_input_is_allowed(text: str) -> None:
    for options in ([], ["-c"], ["-r", "-c"], ["--indent", "2"]):
        assert verdict(["jq", *options, "{}"], text) == "allow"


@pytest.mark.parametrize("text", REFUSED)
def test_a_filter_that_reads_anything_else_is_refused(text: str) -> None:
    for options in ([], ["-c"], ["-r", "-c"], ["-c", "-r"], ["--arg", "a", "b"], ["-L", "lib"]):
        assert verdict(["jq", *options, "{}"], text) == "refuse"


def test_a_filter_stands_where_jq_takes_a_filter() -> None:
    for options in (["-f"], ["-nf"], ["--from-file"], ["-L"]):
        assert verdict(["jq", *options, "{}"], ".a") == "refuse"
    assert verdict(["jq", "-n", "{}"], "-f") == "refuse"
    # A variable of the function's.
    assert verdict(["jq", "--arg", "key", "secret", "{}"], "$key") == "refuse"
    assert verdict(["jq", "--arg", "name", "{}", ".a == $name"], "x y; $(id)") == "allow"
    # The function's own part decides, too.
    assert verdict(["jq", ".[] | select(.shared) | {}"], ".a), (.[]") == "refuse"


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
def test_no_filter_that_is_allowed_shows_a_variable_of_the_environment() -> None:
    for text in (*FILTERS, *REFUSED):
        if is_filter(text, has_variables=False):
            done = subprocess.run(
                ["jq", "-c", text],
                input='{"env": 1, "input": 2, "a": "b"}',
                env={"SECRET": "s3cret"},
                executable=shutil.which("jq"),
                capture_output=True,
                text=True,
                check=False,
            )
            assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        (["jq", "--slurpfile", "keys", "keys.json", "{}"], "$keys", "refuse"),
        (["jq", "--rawfile", "keys", "keys.json", "{}"], "$keys", "refuse"),
        (["jq", "--slurpfile", "keys", "keys.json", "{}"], ".a", "allow"),
        (["jq", "-fr", "{}"], "../.a", "refuse"),
        (["jq", "{}", "-f", "x"], ".a", "refuse"),
        (["jq", "-L", "lib", "{}"], ".a", "allow"),
        (["awk", "{ print $1 - {} }"], " -2", "refuse"),
        (["awk", "{ print $1 * {} }"], " -2", "allow"),
    ],
)
def test_a_filter_reads_no_file_and_no_variable_of_the_functions(
    words: list[str], value: str, expected: str
) -> None:
    assert verdict(words, value) == expected
