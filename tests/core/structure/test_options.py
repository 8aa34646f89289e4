"""Options: which word is an option's value, which one the script, and which options of the event only choose."""

from __future__ import annotations

import shlex

import pytest
from tests.core.structure.fakes import FakeProvenance

from dayfly.core.structure.options import places_of, text_words
from dayfly.core.structure.shell import judge_argv, judge_shell
from dayfly.core.structure.trusted_literals import OwnText


def verdict(words: list[str], value: str, name: str = "") -> str:
    arguments = []
    for word in words:
        arguments += shlex.split(value) if word == "*" else [word.replace("{}", value).replace("NAME", name)]
    own = OwnText(
        [piece for word in words if word != "*" for piece in word.replace("NAME", "{}").split("{}")]
    )
    event = FakeProvenance({"a": value, "b": name}, keys=False)
    return judge_argv(words[0], arguments, event, own).verdict


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["bash", "-e", "-c", "{}"], "id; pwd"),
        (["bash", "-c", "-e", "{}"], "id; pwd"),
        (["bash", "-ce", "{}"], "id; pwd"),
        (["bash", "--norc", "-c", "{}"], "id; pwd"),
        (["bash", "-euo", "pipefail", "-c", "{}"], "id; pwd"),
        (["sed", "-n", "-e", "{}"], "1e id"),
        (["sed", "-n", "-E", "{}"], "1e id"),
        (["sed", "-e", "s/a/b/", "-e", "{}"], "1e id"),
        (["sed", "s/a/b/", "-e", "{}"], "1e id"),
        (["sed", "-l", "9", "{}"], "1e id"),
        (["sed", "--expression", "{}"], "1e id"),
        (["perl", "-n", "-e", "{}"], "system('id')"),
        (["perl", "-e", "print 1", "-e", "{}"], "system('id')"),
        (["ruby", "-e", "print 1", "-e", "{}"], "system('id')"),
        (["python3", "-E", "-c", "{}"], "import os"),
        (["python3", "-W", "ignore", "-c", "{}"], "import os"),
        (["mawk", "-F", ",", "{}"], "BEGIN{system(1)}"),
        (["gawk", "-F", ",", "-v", "a=1", "{}"], "BEGIN{system(1)}"),
        (["gawk", "-e", "1", "-e", "{}"], "BEGIN{system(1)}"),
        (["sh", "-c", "$1", "sh", "{}"], "cat /etc/passwd"),
        (["env", "X={}", "sh", "-c", 'eval "$X"'], "id; pwd"),
        (["env", "X={}", "sh", "-c", "$X"], "cat /etc/passwd"),
        (["env", "-S", "X={}", "sh"], "1 id"),
        (["env", "X={}", "make", "all"], "$(shell id)"),
        (["lua", "-l", "lib", "{}"], "a.lua"),
        (["deno", "eval", "{}"], "Deno.env"),
        # A letter at the end of an option's own value is no option.
        (["perl", "-MEncode", "-e", "{}"], "system('id')"),
        (["ruby", "-rdate", "-e", "{}"], "system('id')"),
        (["php", "-ddisplay_errors=Off", "-r", "{}"], "system('id');"),
        (["awk", "-vmode=e", "-F,", "{}"], 'BEGIN{system("id")}'),
        (["gawk", "--field-separator", ",", "{}"], 'BEGIN{system("id")}'),
        (["sed", "-i.save", "-E", "{}", "a"], "1e id"),
        (["bash", "-oe", "pipefail", "-c", "{}"], "id; pwd"),
        (["zsh", "--emulate", "sh", "-c", "{}"], "id; pwd"),
        (["find", ".", "-newer", "*"], "-name -delete"),
        (["find", ".", "-perm", "*"], "-name -delete"),
        (["find", ".", "-newerBm", "*"], "-name -delete"),
        (["python3", "--check-hash-based-pycs", "always", "-c", "{}"], "import os"),
        (["php", "-B", "$n = 1;", "-R", "{}"], "system(1)"),
        (["deno", "eval", "--ext=ts", "{}"], "Deno.env"),
        (["find", ".", "-fprintf", "f", "*"], "-name -delete"),
        (["find", "{}", "data", "-type", "f", "-delete"], "-name"),
        (["git", "diff", "-b", "{}"], "--output=/tmp/x"),
        (["git", "blame", "-e", "{}"], "--contents=/etc/passwd"),
        (["env", "{}=x", "zip", "a.zip", "b"], "ZIPOPT"),
        (["env", "{}=x", "dotnet", "a.dll"], "DOTNET_STARTUP_HOOKS"),
        (["sh", "-c", "eval $1", "sh", "{}"], "touch x"),
        (["sh", "-c", "sudo -u a sh -xc $1", "sh", "{}"], "touch x"),
        (["env", "X={}", "sh", "-c", "eval $X"], "touch x"),
    ],
)
def test_a_script_is_found_behind_whatever_options(words: list[str], value: str) -> None:
    assert verdict(words, value) == "refuse"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["bash", "-e", "run.sh", "{}"], "a; b"),
        (["bash", "-euo", "pipefail", "run.sh", "{}"], "-x"),
        (["bash", "-e", "-c", 'convert "$1"', "sh", "{}"], "a; b"),
        (["sed", "-e", "s/a/b/", "-e", "s/c/d/", "{}"], "1e id"),
        (["sed", "-n", "s/a/b/p", "{}"], "1e id"),
        (["awk", "-F", ",", "-f", "run.awk", "{}"], "a b"),
        (["jq", "-c", "-r", ".a", "{}"], "a b"),
        (["jq", "-f", "run.jq", "{}"], "a b"),
        (["perl", "-ne", "print 1", "{}"], "a b"),
        (["python3", "-I", "-m", "json.tool", "{}"], "a b"),
        (["env", "X={}", "sh", "-c", 'printf %s "$X"'], "id; pwd"),
    ],
)
def test_what_follows_a_script_is_an_operand(words: list[str], value: str) -> None:
    assert verdict(words, value) == "allow"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["perl", "-MEncode", "-ne", "print", "{}"], "f"),
        (["ruby", "-rdate", "-e", "puts ARGV", "{}"], "f"),
        (["sed", "-i.save", "-e", "s/a/b/", "{}"], "f"),
        (["sed", "-i.save", "s/a/b/", "{}"], "f"),
        (["awk", "-F,", "-vmode=e", "{print $n}", "{}"], "f"),
        (["bash", "-euo", "pipefail", "-c", 'echo "$1"', "x", "{}"], "f g"),
        (["sh", "-c", "ls -l $1", "sh", "{}"], "f g"),
        (["find", ".", "-mtime", "-7", "*"], "-name '*.log' -size +1k"),
        (["find", "data", "*", "-type", "f"], "-empty -size +1k"),
        (["git", "commit", "-m", "{}"], "- fix"),
        (["git", "checkout", "-b", "{}"], "feature/x"),
    ],
)
def test_what_stands_beside_is_an_operand_or_a_choice(words: list[str], value: str) -> None:
    assert verdict(words, value) == "allow"


def test_places_are_found_for_all_words_at_once() -> None:
    words = ["jq", "-c", "--arg", "a", "b", ".x", "f"]
    assert places_of(words)[1:] == ["script", "script", "value", "value", "script", "operand", "operand"]
    assert places_of(["sh", "-c"])[1:] == ["script", "script"]
    assert places_of(["awk", "-f"])[2] == "script"


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        (["cut", "-d", ",", "-f", "{}", "rows.csv"], "-2", "allow"),
        (["cut", "-d", ",", "-sf", "{}", "rows.csv"], "-2", "allow"),
        (["cut", "-d", ",", "-f", "1", "{}"], "-2", "refuse"),
        (["grep", "-iF", "-e", "{}", "--", "list.txt"], "--file=/etc/passwd", "allow"),
        (["grep", "-oe", "{}", "list.txt"], "-f/etc/passwd", "allow"),
        (["grep", "-e", "-e", "{}"], "-f/etc/passwd", "refuse"),
        (["grep", "-fe", "{}", "x"], "-f/etc/passwd", "refuse"),
        (["grep", "-i", "{}", "list.txt"], "-r", "refuse"),
        (["grep", "-f", "{}", "list.txt"], "-r", "refuse"),
        (["head", "-n", "{}"], "-5", "allow"),
        (["head", "{}"], "-5", "refuse"),
        (["sort", "-k", "{}", "x"], "-o/tmp/x", "allow"),
        (["sort", "-ok", "{}", "x"], "-o/tmp/x", "refuse"),
        (["sort", "-o", "{}", "x"], "-x", "refuse"),
        (["date", "-d", "{}"], "-2 days", "allow"),
        (["curl", "-H", "{}", "https://a.example/"], "-x: y", "allow"),
        (["curl", "-H", "{}", "https://a.example/"], "@/etc/passwd", "refuse"),
        (["curl", "-o", "{}", "https://a.example/"], "-x", "refuse"),
    ],
)
def test_an_option_of_the_functions_has_the_next_word_for_its_value(
    words: list[str], value: str, expected: str
) -> None:
    assert verdict(words, value) == expected


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["grep", "-e", "/etc/passwd", "x"], {2}),
        (["grep", "-e", "-e", "/etc/passwd"], {2}),
        (["grep", "--", "-e", "/etc/passwd"], set()),
        (["grep", "-f", "/etc/passwd"], set()),
        (["find", "-newer", "/etc/passwd", "-name", "x"], {4}),
        (["cat", "-e", "/etc/passwd"], set()),
        (["grep", "-e"], {2}),
    ],
)
def test_a_text_for_an_option_names_no_file(words: list[str], found: set[int]) -> None:
    assert text_words(words) == found


SORT, FIND = ["sort", "*", "rows.csv"], ["find", ".", "*"]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (SORT, "-t, -k3n"),
        (SORT, "-t , -k 2,2n -u"),
        (SORT, "--field-separator=, --key=2,2 -u"),
        (SORT, "-rn"),
        (FIND, "-newermt 2020-01-01 -size -5k"),
        (FIND, "-mtime -7"),
        (FIND, "-maxdepth 1 -iname *.md"),
        (FIND, "-not -name b -empty"),
        (FIND, "! -path ./x/*"),
    ],
)
def test_options_of_the_event_that_only_choose_are_allowed(words: list[str], value: str) -> None:
    assert verdict(words, value) == "allow"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        *(
            (SORT, value)
            for value in (
                "-o x",
                "-ox",
                "-rno x",
                "-k1 -o x",
                "-k1o",
                "-t, --",
                "-t",
                "-k",
                "-m ../keys --",
                "-T /tmp",
                "-S 1",
                "--output=x",
                "--files0-from=x",
                "--compress-program=id",
                "--random-source=x",
                "--batch-size=2",
                "--parallel=9",
                "--key=2 --",
            )
        ),
        *(
            (FIND, value)
            for value in (
                "-exec id ;",
                "-ok id ;",
                "-delete",
                "-fprint x",
                "-fls x",
                "-files0-from x",
                "-printf %p",
                "-o -name .token",
                "-name x -or -true",
                "-newermt",
                "-size -5k -name",
                "-mtime 5 ! -exec id +",
                "-name -delete -delete",
                "-newer /etc/passwd",
                "-newermt 2020-01-01 ) -o ( -empty",
                "-L -empty",
                "! -o",
                ", -empty",
            )
        ),
        # The function's own tests turned round, or made up for.
        (["find", ".", "*", "-path", "./open/*"], "-mmin 2 !"),
        (["find", ".", "*", "-path", "./open/*"], "-mmin 2 -not"),
        (["find", ".", "*", "-path", "./open/*"], "-mmin 2 -iname"),
        (["find", ".", "-name", "x", "*", "-prune", "-o", "-delete"], "-mmin 2"),
        (["find", ".", "!", "*"], "-mmin 2"),
        (["find", ".", "*", "!", "-path", "./open/*"], "-mmin 2 -iname"),
        (["find", ".", "!", "(", "*", ")", "-delete"], "-mmin 2"),
        (["grep", "*", "list.txt"], "-r -v x"),
        (["find", ".", "-exec", "tool", "*", ";"], "-user x"),
        (["find", ".", "-okdir", "tool", "{}", "*", "+"], "-user x -empty"),
    ],
)
def test_options_of_the_event_that_act_or_find_more_are_refused(words: list[str], value: str) -> None:
    assert verdict(words, value) == "refuse"


def test_a_value_that_the_function_has_as_well_completes_a_choice() -> None:
    assert verdict([*FIND, "-newermt", "1"], "-maxdepth 1") == "allow"


ENV = ["env", "-i", "NAME={}", "/bin/sh", "-c", 'printf "%s\\n" "$JOB_TITLE"']


@pytest.mark.parametrize("name", ["JOB_TITLE", "JOB_OWNER_2", "title"])
def test_env_may_be_given_a_variable_that_no_program_obeys(name: str) -> None:
    assert verdict(ENV, "It's $HOME; `id` -- x\ny", name) == "allow"


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "PATH", "BASH_ENV", "PYTHONPATH", "PYTHONWARNINGS", "GIT_SSH", "ENV", "HOME", "IFS"),
        *("http_proxy", "TAR_OPTIONS", "GCONV_PATH", "BASH_FUNC_x%%", "NODE_OPTIONS", "PERL5OPT", "LUA_INIT"),
        *("MAKEFLAGS", "RUBYOPT", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "OPENSSL_CONF", "LESSOPEN", "PS4"),
        *("A B", "a-b", "é", "-S", "1x", ""),
    ],
)
def test_env_is_given_no_variable_that_programs_obey(name: str) -> None:
    assert verdict(ENV, "x1y2", name) == "refuse"
    assert verdict(["sudo", *ENV[2:]], "x1y2", "JOB_TITLE") == "refuse"


def test_a_variable_of_the_events_is_no_variable_of_makes() -> None:
    assert verdict(["env", "NAME={}", "make", "all"], "gcc", "AB") == "refuse"
    assert verdict(["env", "AB={}", "make", "all"], "gcc") == "allow"
    assert verdict(["env", "JOB_NAME={}", "bash", "-c", "$JOB_AB"], "date", "AB") == "refuse"


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ('eval "$AB"', "id; pwd"),
        ("$AB", "id"),
        ("$AB", "cat /etc/passwd"),
        ('sh -c "$AB"', "id; pwd"),
        ("echo $((AB))", "a[$(id)]"),
    ],
)
def test_a_script_that_env_starts_does_not_execute_a_variable(script: str, value: str) -> None:
    assert verdict(["env", "NAME={}", "bash", "-c", script], value, "AB") == "refuse"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Hello! It's fine -- 5 (five); see you & yours? {ok} [x] #1 *new* ~ 100%!", "allow"),
        ("a! `id`", "refuse"),
        ("a! $(id)", "refuse"),
        ('a!"; id; "', "refuse"),
        ("a!\\", "refuse"),
    ],
)
def test_an_exclamation_mark_between_double_quotes_is_text(value: str, expected: str) -> None:
    event = FakeProvenance({"a": value}, keys=False)
    own = OwnText(['echo "', '" | wc -w'])
    assert judge_shell(f'echo "{value}" | wc -w', event, own).verdict == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["jq", "-n", "--arg", "text", "{}", "{text: $text}"], "allow"),
        (["jq", "--arg", "a", "b", "--arg", "text", "{}", "."], "allow"),
        (["jq", "--arg", "--arg", "{}", "--indent", "2", "."], "allow"),
        (["jq", "--arg", "a", "--arg", "{}", "."], "refuse"),
        (["jq", "--arg", "a", "b", "{}", "."], "refuse"),
        (["jq", "--indent", "2", "{}", "."], "refuse"),
    ],
)
def test_the_second_value_of_an_option_may_begin_as_an_option_does(words: list[str], expected: str) -> None:
    assert verdict(words, "-f/proc/self/environ") == expected
