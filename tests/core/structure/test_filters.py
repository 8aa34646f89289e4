"""Whole programs of sed and awk that an event brings: those that only compute with their input are let pass."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.core.structure.fakes import FakeProvenance

from dayfly.core.structure.filters import is_edit, is_report
from dayfly.core.structure.shell import judge_argv
from dayfly.core.structure.trusted_literals import OwnText

EDITS = [
    *("s/o'clock/h/g", "/^#/d", r"s|https\?://[^ )]*|LINK|g", "s/a/b/;s/c/d/2p", "1,3p", "$!d", "2~3d"),
    *("/a/,/b/d", "/a/,+3p", "/x/{s/a/b/;p}", "y/abc/xyz/", "1a hello; e touch C", "i\\\ntext", "# note\np"),
    *("5q", "s/\\/x/y/g", "/foo/I!s#a#b#", "s/[^a-z]/_/"),
]
NO_EDITS = [
    *(
        "1e touch C",
        "e",
        "s/.*/touch C/e",
        "s/a/b/w C",
        "w C",
        "r S",
        "R S",
        "W C",
        ":a;ba",
        "b",
        "s/a/b",
        "3",
        "",
    ),
    *("s/[/]/e touch C/", "s/[/]e touch C/x/", "/[/]/e touch C", "a\ne touch C", "1{p}e touch C", "{p", "p}"),
    *("s/a/b\\\ne touch C/", "s/x/&&&&&/", "$ e touch C", "s/a/b/;e", "-e", "y/a/b/e", "s/[\\/]/x/", "D"),
    *("a x\\\ne touch C", "0~3e touch C", "/a\\/b/,/c/p\ne touch C", "p;" * 20, "s/a/b/;" * 200, "s/[]/x/"),
]
REPORTS = [
    *(
        "{print $1}",
        "NR>1 {print $2, $3}",
        "$3 > 5 {s += $3} END {print s}",
        "/err/ {n++} END {print n/2}",
        "NF",
    ),
    *('BEGIN {FS=","} {print toupper($1)}', "length($0) > 80", '{ a[$1] += $2 } END { print a["x"] }'),
    *('$1 ~ /^[A-Z]+$/ && !/x/ {printf "%s\\n", $1}', '{ if ($1 > 3) print $1; else print "a>b" }'),
    *("{print $3/2}", '{gsub(/a/, "b"); print}'),
]
NO_REPORTS = [
    *('{system("touch C")}', '{print > "C"}', '{print | "sh"}', '{"touch C" | getline x}', '{getline < "S"}'),
    *('{print ENVIRON["KEY"]}', "BEGIN{while(1){}}", "BEGIN{for(;;){}}", '@load "x"', '{print $1 >> "C"}'),
    *('{print /"/; system("touch C") #"/ }', '{ if (1) /"/; system("touch C") #"/\n}', '{printf("a") > "C"}'),
    *('{print length /"/; system("touch C") #"/}', '{x = NR /"/; system("touch C") #"/}', "{print", "print}"),
    *(
        'BEGIN{ARGV[1]="S";ARGC=2}',
        '{close("C")}',
        "function f(x){}",
        "{f(1)}",
        '{print awk::system("touch C")}',
    ),
    *(
        '{print a\\\n> "C"}',
        '/[/]/ {system("touch C")} #]/',
        'BEGINFILE{system("touch C")}',
        "1 " * 600,
        "/" + "[]]" * 300,
    ),
]


def test_a_script_of_seds_that_only_edits_is_told_from_others() -> None:
    assert [text for text in EDITS if not is_edit(text)] == []
    assert [text for text in NO_EDITS if is_edit(text)] == []


def test_a_program_of_awks_that_only_prints_is_told_from_others() -> None:
    assert [text for text in REPORTS if not is_report(text, has_variables=False)] == []
    assert [text for text in NO_REPORTS if is_report(text, has_variables=False)] == []
    # A variable of the function's, which may be a key.
    assert is_report("{print total}", has_variables=False)
    assert not is_report("{print total}", has_variables=True)


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        (["sed", "{}"], EDITS[0], "allow"),
        (["sed", "-n", "-e", "{}", "notes.txt"], EDITS[1], "allow"),
        (["sed", "-e", "p", "--expression", "{}"], EDITS[1], "allow"),
        (["sed", "-f", "{}"], EDITS[1], "refuse"),
        (["sed", "-nf", "{}"], EDITS[1], "refuse"),
        (["sed", "-e", "{}"], NO_EDITS[0], "refuse"),
        (["awk", "{}", "rows.txt"], REPORTS[0], "allow"),
        (["awk", "-F", ",", "{}", "rows.txt"], REPORTS[2], "allow"),
        (["awk", "-v", "key=secret", "{}"], "{print key}", "refuse"),
        (["awk", "{}", "key=secret", "rows.txt"], "{print key}", "refuse"),
        (["awk", "-f", "{}"], "a", "refuse"),
        (["awk", "{}"], NO_REPORTS[0], "refuse"),
    ],
)
def test_a_whole_program_passes_where_it_only_computes(words: list[str], value: str, expected: str) -> None:
    arguments = [word.replace("{}", value) for word in words]
    event = FakeProvenance({"v": value}, keys=False)
    assert judge_argv(words[0], arguments, event, OwnText(words)).verdict == expected


@pytest.mark.parametrize(("program", "texts"), [("sed", EDITS + NO_EDITS), ("awk", REPORTS + NO_REPORTS)])
def test_what_is_let_pass_reads_and_writes_no_file(program: str, texts: list[str], tmp_path: Path) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    (tmp_path / "S").write_text("SECRET\n")
    for text in texts:
        if not (is_edit(text) if program == "sed" else is_report(text, has_variables=False)):
            continue
        done = subprocess.run(
            [program, text], input="a b\nx/y c\n", cwd=tmp_path, capture_output=True, text=True, check=False, timeout=10,
            env={"KEY": "SECRET", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert "SECRET" not in done.stdout
        assert [one.name for one in tmp_path.iterdir()] == ["S"], text
