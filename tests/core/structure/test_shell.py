"""Commands: an operand of the event passes, whatever a shell or another program would execute does not."""

from __future__ import annotations

import json
import shlex
import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.structure.fakes import NOTHING, FakeProvenance, fill

from dayfly.core.provenance import Provenance
from dayfly.core.structure import shell
from dayfly.core.structure.shell import judge_argv, judge_input, judge_shell
from dayfly.core.structure.trusted_literals import OwnText

TEMPLATES = (
    "convert '{}' out.png",
    "convert {} out.png",
    'convert "{}" out.png',
    "convert -- {}",
    "convert --size={} in.png",
    "{} in.png",
    "echo `convert {}`",
    "echo $(convert {})",
    "echo $X{}",
    "echo ${X{}}",
    "cat < {}",
    "echo 1 > /tmp/{}",
    "echo 1 > ../out/{}.csv",
    "sh -c '{}'",
    "sh -c 'echo {}'",
    "if true; then {}; fi",
    "env {}",
    "sudo -u www sh -c {}",
    "timeout 5 convert {}",
    "ssh host {}",
    "find /data -name '{}' -exec cat ;",
    "find /data -exec {} ;",
    "python3 run.py {}",
    "python3 -c '{}'",
    "NAME='{}' convert in.png",
    "cat <<END\n{}\nEND\n",
    "convert in.png # {}",
)
OWN = OwnText(
    [piece for one in TEMPLATES for piece in one.split("{}")] + ["convert", "/usr/bin/convert", "--fast"]
)


def verdict(template: str, value: str) -> str:
    command, provenance = fill(template, value)
    return judge_shell(command, provenance, OWN).verdict


SINGLE, BARE, DOUBLE = TEMPLATES[:3]
REFUSED = [
    (SINGLE, "x'; id; '"),
    (SINGLE, "'"),
    (SINGLE, "-write"),
    (SINGLE, "x\0"),
    (BARE, "x; id"),
    (BARE, "x&id"),
    (BARE, "x|id"),
    (BARE, "x\nid"),
    (BARE, "a b"),
    (BARE, "$(id)"),
    (BARE, "`id`"),
    (BARE, "$HOME"),
    (BARE, "~root"),
    (BARE, "*"),
    (BARE, "a?"),
    (BARE, "{a,b}"),
    (BARE, "{1..9}"),
    (BARE, "{'a',b}"),
    ("echo {a,{}", "b}"),
    ("echo {}>log", "{fd}"),
    ("echo {}1}", "{0.."),
    ("find . -exec cat {} ;", "{}"),
    (BARE, ">x"),
    (BARE, "-oProxyCommand=id"),
    (BARE, "\\"),
    (BARE, "x\\ y"),
    (BARE, "#x"),
    (BARE, "'x'y"),
    (DOUBLE, "$(id)"),
    (DOUBLE, "`id`"),
    (DOUBLE, "$HOME"),
    (DOUBLE, 'x"; id; "'),
    (DOUBLE, "\\"),
    (DOUBLE, "-x"),
    ("{} in.png", "rm"),
    ("echo `convert {}`", "-x"),
    ("echo $(convert {})", "-x"),
    ("echo $X{}", "_SECRET"),
    ("echo ${X{}}", "_SECRET"),
    ("cat < {}", "x"),
    ("echo 1 > /tmp/{}", "../etc/x"),
    ("echo 1 > ../out/{}", "../etc/x"),
    ("echo 1 > ../out/{}", "a/../../x"),
    ("echo 1 > ../out{}", "/.."),
    ("sh -c '{}'", "id"),
    ("sh -c 'echo {}'", "a;id"),
    ("if true; then {}; fi", "id"),
    ("env {}", "id"),
    ("env {}", "A=1"),
    ("sudo -u www sh -c {}", "id"),
    ("ssh host {}", "id"),
    ("find /data -exec {} ;", "id"),
    ("python3 -c '{}'", "import os"),
    ('python3 -c "print({})"', "2)+open(1"),
    ("convert in.png # {}", "x\nid"),
]
ALLOWED = [
    ("convert in.png # {}", "o'hara (x); id"),
    (SINGLE, 'my photo; $(id) `id` ".png'),
    (SINGLE, "photo.png"),
    (BARE, "photo-1_a.png"),
    (BARE, "/tmp/photo.png"),
    (BARE, "shelf_{1}.png"),
    (BARE, "part#2"),
    (BARE, "fóto.png"),
    (DOUBLE, "my photo 'x'; &.png"),
    ("convert -- {}", "-photo"),
    ("convert --size={} in.png", "-10x20"),
    ("echo 1 > /tmp/{}", "name"),
    ("echo 1 > ../out/{}.csv", "name"),
    ("sh -c 'echo {}'", "abc"),
    ("timeout 5 convert {}", "photo.png"),
    ("find /data -name '{}' -exec cat ;", "*.png"),
    ("python3 run.py {}", "abc"),
    ("python3 -c '{}'", "10"),
    ("NAME='{}' convert in.png", "Anna B."),
]


@pytest.mark.parametrize(("template", "value"), REFUSED)
def test_what_the_event_may_not_supply_is_refused(template: str, value: str) -> None:
    assert verdict(template, value) == "refuse"


@pytest.mark.parametrize(("template", "value"), ALLOWED)
def test_an_operand_of_the_event_is_allowed(template: str, value: str) -> None:
    assert verdict(template, value) == "allow"


@given(st.text(alphabet="a'\" $;\\\n-é`*~", min_size=1, max_size=12))
def test_what_shlex_quotes_is_one_operand(value: str) -> None:
    quoted = shlex.quote(value)
    before = len("convert ./")
    provenance = fill("convert ./{}", quoted)[1]
    from tests.core.structure.fakes import Brought

    # What the quoting added is not the event's: mark the value's own characters alone.
    ranges, at = [], before
    inner = quoted[1:-1] if quoted != value else quoted
    at += 1 if quoted != value else 0
    for index, part in enumerate(inner.split("'\"'\"'") if quoted != value else [inner]):
        if index:
            ranges.append((at + 2, at + 3))
            at += 5
        ranges.append((at, at + len(part)))
        at += len(part)
    provenance = Brought(*ranges)
    own = OwnText(["convert ./"])
    assert judge_shell("convert ./" + quoted, provenance, own).verdict == "allow"


def test_a_quote_that_the_quoting_added_and_the_event_has_too_is_honest() -> None:
    event = FakeProvenance({"name": "it'"})
    assert judge_shell("convert 'it'\"'\"'s'", event, OwnText(["convert "])).verdict == "allow"


@pytest.mark.parametrize("value", ["' OR '1'='1' --", "''", "'", "a' 'b", "'; id; '"])
def test_what_is_quoted_as_one_value_is_one_wherever_the_events_quotes_seem_to_stand(value: str) -> None:
    """The event holds "' OR '" as well, which lies in the quoting a quote further on."""
    event = FakeProvenance({"value": value, "part": "' OR '", "mark": "'"})
    own = OwnText(["convert "])
    assert judge_shell("convert " + shlex.quote(value), event, own).verdict == "allow"
    # Not the program, nor an option, nor two of them.
    assert judge_shell("'reboot now'", FakeProvenance({"value": "'reboot now'"}), own).verdict == "refuse"
    two = "'a b' 'c'"
    assert judge_shell("convert " + two, FakeProvenance({"value": two}), own).verdict == "refuse"
    assert judge_shell("convert '-o'", FakeProvenance({"value": "'-o'"}), own).verdict == "refuse"
    assert (
        judge_shell(
            "sh -c 'id; id'", FakeProvenance({"value": "'id; id'", "part": "id; id"}), OwnText(["sh -c "])
        ).verdict
        == "refuse"
    )


def test_commands_that_nothing_explains_are_unknown() -> None:
    assert judge_shell("rm -rf /data; id", NOTHING, OWN).verdict == "unknown"
    assert judge_argv("/bin/rm", ["rm", "-rf", "/data"], NOTHING, OWN).verdict == "unknown"


ARGUMENTS = [
    ("convert", ["convert", "x;$(id)", "out.png"], "allow"),
    ("/usr/bin/convert", ["convert", "x", "out.png"], "allow"),
    ("convert", ["convert", "-write", "x"], "refuse"),
    ("convert", ["convert", "--", "-write"], "allow"),
    ("convert", ["convert", "--size=-write"], "allow"),
    ("sh", ["sh", "-c", "id"], "refuse"),
    ("sh", ["sh", "-c", "convert '-x'"], "refuse"),
    ("sh", ["sh", "-c", 'convert "$1"', "sh", "id"], "allow"),
    ("python3", ["python3", "-c", "import os"], "refuse"),
    ("python3", ["python3", "id"], "refuse"),
    ("env", ["env", "id"], "refuse"),
    ("env", ["env", "convert", "id"], "allow"),
    ("env", ["env", "python3", "id"], "refuse"),
    ("xargs", ["xargs", "id"], "refuse"),
    ("find", ["find", "/data", "-exec", "id", ";"], "refuse"),
    ("find", ["find", "id", "-exec", "cat", ";"], "allow"),
    ("find", ["find", "/data", "-name", "-write"], "allow"),
    ("find", ["find", "/data", "-name", "x", "-write"], "refuse"),
    ("ssh", ["ssh", "id", "ls"], "refuse"),
    ("id", ["id"], "refuse"),
    ("convert", ["convert", "x\0id"], "refuse"),
    ("convert", ["convert", "x", "--fast"], "allow"),
    # Option grammars: which word is code, which a value whatever it begins with, which an operand.
    ("bash", ["bash", "-o", "pipefail", "-c", "id; convert"], "refuse"),
    ("sh", ["sh", "-c", 'convert "$@"', "sh", "-x"], "allow"),
    ("sh", ["sh", "-x"], "refuse"),
    ("grep", ["grep", "-i", "-e", "-x"], "allow"),
    ("grep", ["grep", "-i", "-x"], "refuse"),
    ("git", ["git", "-c", "id", "log"], "refuse"),
    ("git", ["git", "--config-env=id", "log"], "refuse"),
    ("git", ["git", "log", "id"], "allow"),
    ("git", ["git", "fetch", "ext::sh -c id"], "refuse"),
    ("curl", ["curl", "-s", "http://169.254.169.254/id"], "refuse"),
    ("curl", ["curl", "--url=http://169.254.169.254/id"], "refuse"),
    ("curl", ["curl", "https://api.example.com/a?q=id"], "allow"),
    ("convert", ["convert", "http://169.254.169.254/id"], "allow"),
    ("awk", ["awk", "-v", "least=id; convert", "$2 >= least"], "allow"),
    ("awk", ["awk", "-v", "id=1", "$2 >= least"], "refuse"),
    ("awk", ["awk", "-v", "id", "$2 >= least"], "refuse"),
    ("awk", ["awk", "-v", "least=1", "id"], "refuse"),
    ("curl", ["curl", "-d", "@id", "https://api.example.com/a?q="], "refuse"),
    ("curl", ["curl", "-F", "x=@id", "https://api.example.com/a?q="], "refuse"),
    ("curl", ["curl", "--json", "@id", "https://api.example.com/a?q="], "refuse"),
    ("curl", ["curl", "--data-urlencode", "@id", "https://api.example.com/a?q="], "refuse"),
    ("curl", ["curl", "--data-urlencode", "x=@id", "https://api.example.com/a?q="], "allow"),
    ("curl", ["curl", "-s", "127.0.0.1:80/id"], "refuse"),
    ("curl", ["curl", "-s", "FILE:/id"], "refuse"),
    ("curl", ["curl", "-d", "127.0.0.1:80/id", "https://api.example.com/a?q="], "allow"),
    ("awk", ["awk", "-v", "least=id; convert", "{system(least)}"], "refuse"),
    # Words of one value of the event's, each too short to say anything.
    ("find", ["find", "/data", "-o", "-exec", "w", ";"], "refuse"),
    ("convert", ["convert", "a", "b", "c"], "allow"),
    ("curl", ["curl", "--data-raw", "@id", "https://api.example.com/a?q="], "allow"),
    ("curl", ["curl", "-d", "x@id", "https://api.example.com/a?q="], "allow"),
    ("curl", ["curl", "-G", "--data-urlencode", "q=http://169.254.169.254/id"], "allow"),
    ("jq", ["jq", "-r", ".[].id"], "allow"),
    ("jq", ["jq", "-c", "--arg", "name", "id", ".[].name"], "allow"),
    ("jq", ["jq", "-n", "id"], "refuse"),
    ("jq", ["jq", "-n", ".a | id"], "refuse"),
    ("jq", ["jq", "-n", ".x;$(id)"], "refuse"),
]


@pytest.mark.parametrize(("executable", "args", "expected"), ARGUMENTS)
def test_arguments_are_judged_by_what_the_program_does_with_them(
    executable: str, args: list[str], expected: str
) -> None:
    event = FakeProvenance(
        {
            "a": "id",
            "b": "-write",
            "c": "x",
            "d": "import os",
            "e": "x;$(id)",
            "f": "--fast",
            "g": "-x",
            "h": "x\0id",
            "i": "id; convert",
            "j": "ext::sh -c id",
            "k": "http://169.254.169.254/id",
            "l": "@id",
            "m": "127.0.0.1:80/id",
            "n": "FILE:/id",
            "o": "-o -exec w ;",
            "p": "a b c",
        },
        keys=False,
    )
    own = OwnText(
        [
            *(
                "convert",
                "/usr/bin/convert",
                "sh",
                "python3",
                "env",
                "xargs",
                "find",
                "ssh",
                "--fast",
                "/data",
            ),
            *("bash", "grep", "git", "curl", "https://api.example.com/a?q=", "awk", "jq"),
        ]
    )
    assert judge_argv(executable, args, event, own).verdict == expected


@pytest.mark.parametrize(
    ("args", "value", "expected"),
    [
        (["sh"], "x; id", "refuse"),
        (["sh"], "x", "allow"),
        (["env", "-i", "bash", "-s"], "x; id", "refuse"),
        (["sh", "-c", "wc -c"], "x; id", "allow"),
        (["sh", "count.sh"], "x; id", "allow"),
        (["cat"], "x; id", "allow"),
        (["python3", "-"], "x; id", "refuse"),
        (["xargs", "-I{}", "sh", "-c", "echo {}"], "x; id", "refuse"),
        (["xargs", "-I", "%", "sh", "-c", "echo %"], "$(id)", "refuse"),
        (["xargs", "-I{}", "sh", "-c", "echo {}"], "x", "allow"),
        (["xargs", "-n1", "echo"], "x; id", "allow"),
        (["sh", "-c", "cd /srv && xargs -I{} sh -c 'echo {}'"], "x; id", "refuse"),
        (["bash", "-c", "xargs -I{} sh -c 'echo {}'"], "x", "allow"),
        (["sh", "-c", "xargs -n1 echo"], "x; id", "allow"),
        (["sh", "-c", "sh"], "x; id", "refuse"),
        (["sh", "-c", "echo ("], "x; id", "allow"),
    ],
)
def test_what_a_program_reads_is_judged_where_it_is_a_command(
    args: list[str], value: str, expected: str
) -> None:
    event = FakeProvenance({"text": value}, keys=False)
    data = value if "xargs" in args[-1] + args[0] else f"echo {value}\n"
    own = OwnText(["echo ", "\n", "echo {}", "echo %", "echo"])
    assert judge_input(args, data, event, own).verdict == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Anna Maria", "O'Brien; & co", "100% #1 ~ *"], "allow"),
        (["Anna", "$(id)"], "refuse"),
        (["Anna", 'x"; id; "'], "refuse"),
        (['a"', '"b'], "refuse"),
        (["a\nid"], "allow"),
        (['a"\nid\n"'], "refuse"),
    ],
)
def test_texts_that_xargs_puts_into_a_line_each_end_by_a_null(names: list[str], expected: str) -> None:
    event = FakeProvenance({f"v{number}": name for number, name in enumerate(names)}, keys=False)
    own = OwnText(['echo "hello {}"', 'echo "hello ', '"', '"\necho "hello '])
    for option in ("-0", "--null"):
        arguments = ["xargs", option, "-I{}", "sh", "-c", 'echo "hello {}"']
        assert judge_input(arguments, "\0".join(names), event, own).verdict == expected


def test_a_fault_while_arguments_are_read_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(shell, "chosen_words", fail)
    assert judge_argv("sh", ["sh", "abc"], FakeProvenance({"a": "abc"}), OwnText(["sh"])).verdict == "refuse"
    assert judge_argv("sh", ["sh", "abc"], NOTHING, OwnText(["sh"])).verdict == "unknown"


def test_a_program_that_the_function_names_is_its_own_though_a_key_is_called_so() -> None:
    assert judge_argv("convert", ["convert", "a"], FakeProvenance({"convert": "a"}), OWN).verdict == "allow"


HOSTILE = [
    "'" * 100_001,
    '"' * 100_001,
    "\\" * 100_001,
    "$" * 100_000,
    "a " * 50_000,
    ";" * 100_000,
    "${" * 50_000,
]
HOSTILE += [
    "env " * 25_000,
    "sh -c " * 16_000,
    "a=" * 50_000,
    "`" * 100_000,
    "# \n" * 30_000,
    "a{1} " * 40_000,
    "{" * 100_000,
    "''" * 50_000,
    "x='a b'; " + "x=$x$x; " * 20_000,
    "x=a; " + 'echo "$x"; ' * 15_000,
    "x=a; echo " + "$(echo $x) " * 15_000,
    "echo a > f; " * 8_000 + "cat f | " * 8_000 + "cat",
]


@pytest.mark.slow
@pytest.mark.parametrize("command", HOSTILE, ids=[repr(one[:6]) for one in HOSTILE])
def test_the_worst_commands_take_bounded_time(command: str) -> None:
    start = time.process_time()
    judge_shell(command, fill("{}", command)[1], OWN)
    judge_shell(command, NOTHING, OWN)
    judge_argv("env", command.split(" "), FakeProvenance({"a": "sh"}), OWN)
    assert time.process_time() - start < 30


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert judge_shell(text, fill("{}", text)[1], OWN).verdict in ("allow", "refuse", "unknown")
    assert judge_argv(text, [text, text], fill("{}", text)[1], OWN).verdict in ("allow", "refuse", "unknown")


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        (["git", "commit", "-m", "{}"], "Closes #7, see https://example.org/?a=1", "allow"),
        (["git", "commit", "-m", "{}"], "https://example.org/ is down", "allow"),
        (["git", "grep", "-F", "-e", "{}", "--", "."], "--help", "allow"),
        (["git", "grep", "-F", "{}"], "--open-files-in-pager=id", "refuse"),
        (["git", "clone", "{}"], "see https://evil.example/x", "refuse"),
        (["wget", "{}"], "\thttps://evil.example/x", "refuse"),
        (["git", "clone", "{}"], "https://evil.example/x", "refuse"),
        (["sed", "s/{}/X/g"], "cat", "allow"),
        (["sed", "-e", "s/{}/X/g"], "a; b", "allow"),
        (["sed", "s/{}/X/g"], "a/e;s/b", "refuse"),
        (["sed", "s/{}/X/g"], "a\nw /tmp/x", "refuse"),
        # A backslash of the event's before the function's delimiter, and one that the function has doubled.
        (["sed", "s/a/{}/"], "b\\", "refuse"),
        (["sed", "s/a/{}\\/"], "b\\", "allow"),
        (["sed", "s/a/b/{}"], "e", "refuse"),
        (["sed", "{}"], "s/a/b/e", "refuse"),
        (["sed", "s/a/{}/g\ns/b/c/"], "O'Brien", "allow"),
        (["sed", "s/b/c/; s/a/{}/"], "O'Brien", "allow"),
        (["sed", "s/b/c/;s/a/{}/g"], "x/e", "refuse"),
        (["sed", "s/a/b/\n{}"], "e id", "refuse"),
        (["sed", "s/a/b/{}\ns/c/d/"], "w /tmp/x", "refuse"),
        (["sed", "{}d"], "1,$", "refuse"),
        (["sed", "-n", "{}p"], "1,25", "allow"),
        (["sed", "-n", "{}p"], "1,2w", "refuse"),
        (["sed", "-n", "{}p"], "1e", "refuse"),
        (["curl", "https://example.com/v1/{}"], "x,y", "allow"),
        (["curl", "https://example.com/v1/{}"], "[1-9]", "refuse"),
        (["curl", "-s", "https://example.com/v1/{}"], "{x,..}/y", "refuse"),
        (["curl", "-g", "https://example.com/v1/{}"], "[1-9]", "allow"),
        # A line of a request's head.
        (["curl", "-s", "https://example.com/", "-H", "X-Name: {}"], "O'Brien; (x)", "allow"),
        (["curl", "-s", "https://example.com/", "-H", "X-Name: {}"], "a\nX-Role: admin", "refuse"),
        (["curl", "-s", "https://example.com/", "-H", "{}"], "X-Name: a\r\nX-Role: admin", "refuse"),
        (["wget", "https://example.com/", "--header=X-Name: {}"], "a\nX-Role: admin", "refuse"),
        (["curl", "-s", "https://example.com/", "--data-raw", "{}"], "a\nb", "allow"),
        (["awk", "{{ print ${} }}"], "2", "allow"),
        (["awk", "-F", "{}", "{{ print $1 }}"], "e|;", "allow"),
        (["awk", "-F{}", "{{ print $1 }}"], "e|;", "allow"),
        (["awk", "{{ print ${} }}"], "NF", "allow"),
        (["awk", "{{ print ${} }}"], "ENVIRON", "refuse"),
        (["awk", "{{ print ${} }}"], "NF NR", "refuse"),
        (["awk", "{{ print ${} }}"], "NF(1)", "refuse"),
        (["awk", "{{ print ${} }}"], "2; system(1)", "refuse"),
        # A text or a number in a program is a value.
        (["awk", '$2 == "{}" {{ print $1 }}'], "O'Brien; drop -- x", "allow"),
        (["awk", '/it"s/ && $2 == "{}"'], "a b", "allow"),
        (["awk", "{{ print $1 * {} }}"], "-2.5", "allow"),
        (["gawk", "$3 > {} / 2"], "0.5", "allow"),
        (["awk", '$2 == "{}"'], 'x" || system("id") || "', "refuse"),
        (["awk", '$2 == "{}" {{ print "a" }}'], "x\\", "refuse"),
        (["awk", '$2 == "{}"'], "x\ny", "refuse"),
        (["awk", '/{}/ {{ print "a" }}'], "x", "refuse"),
        (["awk", '/[/"]/ {{ print {}; print "a" }}'], "ENVIRON", "refuse"),
        (["awk", '(NR) /"/ {{ print {}; print "a" }}'], "ENVIRON", "refuse"),
        (["awk", '{{ print > "{}" }}'], "owned", "refuse"),
        (["awk", '{{ print $1 | "{}" }}'], "id", "refuse"),
        (["awk", 'BEGIN {{ system("{}") }}'], "id", "refuse"),
        (["awk", 'BEGIN {{ getline x < "{}"; print x }}'], "keys", "refuse"),
        (["awk", 'BEGIN {{ print ENVIRON["{}"] }}'], "KEY", "refuse"),
        (["awk", "{{ print $1 -{} }}"], "-2", "refuse"),
        (["awk", "{{ print a{} }}"], "2.5", "refuse"),
        (["awk", "$1 > 2 # {}"], "x", "refuse"),
        (["awk", "{}"], "-2.5", "refuse"),
        (["jq", '.[] | select(.name == "{}")'], "O'Brien & co", "allow"),
        (["jq", ".[] | select(.price > {})"], "2.5", "allow"),
        (["jq", '.[] | select(.name == "{}")'], 'x" or "a" == "a', "refuse"),
        (["jq", '.[] | select(.name == "{}")'], "\\(env)", "refuse"),
        (["jq", '"\\(f("x") | {} | g("y"))"'], "env", "refuse"),
        (["jq", '"\\{}"'], "(env)", "refuse"),
        (["jq", '$ENV["{}"]'], "KEY", "refuse"),
        (["jq", 'import "{}" as m; .'], "m", "refuse"),
        # bash evaluates the subscript of what it computes with, make what is assigned.
        (["bash", "-c", 'x="$1"; echo $((x + 1))', "sh", "{}"], "a[$(id)]", "refuse"),
        (["bash", "-c", 'x="$1"; echo $((x + 1))', "sh", "{}"], "a[3]", "allow"),
        (["bash", "-c", '[[ "$1" -gt 3 ]] && date', "sh", "{}"], "a[`id`]", "refuse"),
        (["bash", "-c", '[ "$1" -gt 3 ] && date', "sh", "{}"], "a[`id`]", "allow"),
        (["make", "-s", "NAME={}"], "$(shell id)", "refuse"),
        (["make", "-s", "NAME={}"], "costs $5 (five)", "allow"),
        (["make", "-s", "OUT=$(BASE)/{}"], "web", "allow"),
    ],
)
def test_a_program_in_an_argument_keeps_its_shape(words: list[str], value: str, expected: str) -> None:
    program = words[-1].replace("{}", value).replace("{{", "{").replace("}}", "}")
    event = FakeProvenance({"v": value}, keys=False)
    own = OwnText([*words[:-1], *words[-1].split("{}")])
    assert judge_argv(words[0], [*words[:-1], program], event, own).verdict == expected


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        ("echo checking {} for ann", "10.0.0.7 port 5432", "allow"),
        ("echo '<h1>'{}'</h1>' > /tmp/status.html", "95% up since 2026-05-04", "allow"),
        ("cd /tmp && echo {}; date", "a  b", "allow"),
        ("if true; then echo {}; fi", "a b", "allow"),
        ("echo {}", "a; id", "refuse"),
        ("echo {}", "a `id`", "refuse"),
        ("echo {}", "a $HOME", "refuse"),
        ("echo {}", "a *", "refuse"),
        ("echo {}", "a # b", "refuse"),
        ("echo {}", "a\nid", "refuse"),
        ("echo {}", "a > /tmp/x", "refuse"),
        ("echo {}", "-e a", "refuse"),
        ("echo a {}", "b -e", "refuse"),
        ("echo {}> /tmp/x", "a 2", "refuse"),
        ("echo a > /tmp/{}", "b c", "refuse"),
        ("echo {} | sh", "rm x", "refuse"),
        ("(echo {}) | sh", "rm x", "refuse"),
        ("{ echo {}; } | sh", "rm x", "refuse"),
        ("echo {} > /tmp/x.sh; sh /tmp/x.sh", "rm x", "refuse"),
        ("for i in 1 2; do sh /tmp/x.sh; echo {} > /tmp/x.sh; done", "rm x", "refuse"),
        ("echo {} > >(sh)", "rm x", "refuse"),
        ("eval echo {}", "a b", "refuse"),
        ("sh -c 'echo {}' | sh", "rm x", "refuse"),
        ("cat {}", "a b", "refuse"),
        ("xargs echo {}", "a b", "refuse"),
    ],
)
def test_words_that_echo_prints_are_operands(template: str, value: str, expected: str) -> None:
    command = template.replace("{}", value)
    own = OwnText([*template.split("{}"), *template.replace(";", " ").split()])
    event = FakeProvenance({"v": value}, keys=False)
    assert judge_shell(command, event, own).verdict == expected


@pytest.mark.parametrize(
    "options", [["-K", "-"], ["-K-"], ["-sSK", "-"], ["-sSK-"], ["--config", "-"], ["--config=-"]]
)
def test_the_event_adds_no_line_to_a_configuration_that_curl_reads(options: list[str]) -> None:
    for query, expected in (("a=1&b=2", "allow"), ("a=1\nurl=file:///etc/passwd", "refuse")):
        text = f"url = https://api.example.com/?{query}\n"
        assert judge_input(["curl", *options], text, Provenance({"query": query}), OWN).verdict == expected


@pytest.mark.parametrize(
    ("program", "verdict"), [("find", "refuse"), ("convert", "allow"), ("sort", "allow")]
)
def test_an_attribute_s_name_makes_no_program_of_the_function_s(program: str, verdict: str) -> None:
    # `text.find(...)`; {"convert": ...}; run(["sort", file])
    own = OwnText(["find", "convert", "sort", " -v"], choices=["convert"], names=frozenset(("find",)))
    event = FakeProvenance({"a": program})
    assert judge_argv(program, [program, "-v"], event, own).verdict == verdict


@pytest.mark.parametrize(
    ("template", "value", "verdict"),
    [
        ('echo "$(date): {}" >> /tmp/log', "hello world", "allow"),
        ("echo $(date) {}", "hello", "allow"),
        ('echo "$(basename "{}" .txt)" x', "my file", "allow"),
        ("echo `date` {}", "hello", "allow"),
        ("echo `basename {}`", "hello.txt", "allow"),
        ("echo $((1 + 2)) {}", "hello", "allow"),
        ('echo "$(date): {}"', "$(id)", "refuse"),
        ("convert $(basename '{}') out.png", "x", "allow"),
        ("convert $(basename '{}') out.png", "x -write y", "refuse"),
        ("convert \"$(basename '{}')\" out.png", "x y", "allow"),
        ("convert $(echo {}) out.png", "x -write y", "refuse"),
        ("convert $(echo {}) out.png", "-write", "refuse"),
        ("convert `echo {}` out.png", "x -write y", "refuse"),
        ("echo $(basename {})", "x); id; (y", "refuse"),
        ("echo $(basename {})", "x; id", "refuse"),
        ('echo "$(basename "{}")"', 'x"; id; "', "refuse"),
        ("echo $(( {} + 1 ))", "a[$(id)]", "refuse"),
        ("echo `basename {}`", "x`id`", "refuse"),
        ("echo $({} -v)", "python", "refuse"),
        ("$(command -v {}) -v", "python", "refuse"),
        ("echo $(sh -c '{}')", "id; pwd", "refuse"),
        ('eval "$(printf %s {})"', "id", "refuse"),
    ],
)
def test_commands_within_commands_are_read(template: str, value: str, verdict: str) -> None:
    command = template.replace("{}", value)
    own = OwnText(template.split("{}"))
    assert judge_shell(command, FakeProvenance({"a": value}), own).verdict == verdict


PIPES = [
    ("printf %s '{}' | sh", "id; pwd", "refuse"),
    ("echo '{}' | tee /tmp/x | sh -s", "id", "refuse"),
    ("cat /tmp/{} | sh", "a.sh", "refuse"),
    ("echo {} | python3", "x", "refuse"),
    ("echo '{}' | perl", "print 1", "refuse"),
    ("echo '{}' | xargs -I@ sh -c 'echo @'", "$(id)", "refuse"),
    ("echo {} $(date) | sh", "id", "refuse"),
    ("y=$(printf %s '{}' | sh)", "id", "refuse"),
    ("echo \"select b from a where c = '{}'\" | psql db", "x' or 'a'='a", "refuse"),
    ("echo \"select b from a where c = '{}'\" | psql db", "Ann", "allow"),
    ("cat /tmp/{}.sql | psql db", "report", "allow"),
    ("echo '{}' | grep x", "id; pwd", "allow"),
    ("echo '{}' | python3 run.py", "x", "allow"),
    ("echo '{}' | xargs -I@ cp @ /tmp", "a b", "allow"),
    ("echo '{}' | xargs -I@ sh -c 'echo @'", "abc", "allow"),
    ("ls /tmp/{}; echo x | sh", "a", "allow"),
    ("ls /tmp/{} || echo x | sh", "a", "allow"),
    # Whatever stands between who prints it and who reads it.
    *(
        (template, "id", "refuse")
        for template in (
            "echo '{}' |& sh",
            "echo '{}' 2>&1 | sh",
            "echo '{}' >&2 | sh",
            "echo '{}' |\n sh",
            "echo '{}' | X=1 sh",
            "echo '{}' | (cd /; sh)",
            "echo '{}' | { cat x; sh; }",
            "echo '{}' | if true; then sh; fi",
            "echo '{}' | sudo -u x sh",
            "{ date; echo '{}'; } | cat | sh",
            "for x in a b; do echo '{}'; done | sh",
            "sh <(echo '{}')",
            ". <(echo '{}')",
            "echo '{}' | tee >(sh)",
            "echo '{}' | while read -r line; do eval \"$line\"; done",
            "echo '{}' | while read -r line; do $line; done",
            "while read -r line; do sh -c \"$line\"; done < <(echo '{}')",
            "mapfile -t lines < <(echo '{}'); eval ${lines[0]}",
            "echo '{}' > x; sh ./x",
            "echo '{}' > x && chmod +x x && ./x",
            "for i in 1 2; do sh x; echo '{}' > x; done",
            "echo '{}' > x; sh < x",
            "echo '{}' > x; while read -r line; do eval $line; done < x",
            "echo '{}' | tee x; . ./x",
            "echo '{}' | ssh -p 22 host",
            "echo '{}' | ssh host sh -s",
            "echo '{}' | docker exec -i box bash",
            "echo '{}' | parallel",
            "echo '{}' | xargs sh -c",
            "echo '{}' | \\\n  sh",
            "echo '{}' | $SHELL",
            "f() { sh; }; echo '{}' | f",
        )
    ),
    *(
        (template, "id; pwd", "allow")
        for template in (
            "echo '{}' | (cat; ls)",
            "echo '{}' || sh run.sh",
            "echo '{}'; sh run.sh",
            "echo '{}' > x; sh run.sh x",
            "echo '{}' > x; cat x",
            "echo '{}' | while read -r line; do echo \"$line\"; done",
            "echo '{}' | while read -r line; do python3 run.py \"$line\"; done",
            "echo '{}' | ssh host 'cat > x'",
            "echo '{}' | docker exec -i box cat",
            "case a in a) echo '{}';; esac; sh run.sh",
        )
    ),
]


@pytest.mark.parametrize(("template", "value", "verdict"), PIPES)
def test_what_one_command_prints_is_judged_by_who_reads_it(template: str, value: str, verdict: str) -> None:
    own = OwnText(template.split("{}"))
    event = FakeProvenance({"a": value})
    assert judge_shell(template.replace("{}", value), event, own).verdict == verdict


HERE = [
    ("cat <<END > x\nname: {}\nEND\n", "Ann O'Neil (x)", "allow"),
    ("cat <<END > x\nname: {}\nEND\n", "$(id)", "refuse"),
    ("cat <<END > x\nname: {}\nEND\n", "a\nEND\nid", "refuse"),
    ("cat <<'END' > x\nname: {}\nEND\n", "$(id)", "allow"),
    ("cat <<'END' > x\nname: {}\nEND\n", "a\nEND\nid", "refuse"),
    ("cat <<-END | sh\n\techo {}\n\tEND", "x; id", "refuse"),
    ("sh <<END\necho '{}'\nEND", "a b", "allow"),
    ("sh <<END\necho '{}'\nEND", "a'; id; '", "refuse"),
    ("cat > x <<END\n{}\nEND\nsh x", "id", "refuse"),
    ("psql db <<END\nselect a from b where c = '{}';\nEND", "Ann", "allow"),
    ("psql db <<END\nselect a from b where c = '{}';\nEND", "x' or 'a'='a", "refuse"),
    ("python3 <<END\nprint('{}')\nEND", "ann", "allow"),
    ("python3 <<END\nprint('{}')\nEND", "'+open('x').read()+'", "refuse"),
    ("cat <<END; ls '{}'\nabc\nEND", "d e", "allow"),
    ("cat <<END\n{}", "x", "refuse"),
    ("cat <<$X\n{}\n$X", "x", "refuse"),
    ("grep x <<< '{}'", "a b; id", "allow"),
    ("sh <<< '{}'", "id", "refuse"),
    ("{ cat; sh; } <<END\n{}\nEND", "id", "refuse"),
    ("(cat; sh) <<END\n{}\nEND", "id", "refuse"),
    ("f() { sh; }\nf <<END\n{}\nEND", "id", "refuse"),
    ("ls \\\n  -l <<END\n{}\nEND", "a b", "allow"),
    ("while read -r line; do eval $line; done <<END\n{}\nEND", "id", "refuse"),
    ("while read -r line; do echo $line; done <<END\n{}\nEND", "id; pwd", "allow"),
    ("read -r line <<< '{}'; eval $line", "id", "refuse"),
    ("ssh host <<END\n{}\nEND", "id", "refuse"),
    ("ssh host cat <<END\n{}\nEND", "id", "allow"),
    ('bc <<< "{}"', "1+1", "allow"),
    ('bc <<< "{}"', "$(id)", "refuse"),
]


@pytest.mark.parametrize(("template", "value", "verdict"), HERE)
def test_a_here_document_is_text_for_who_reads_it(template: str, value: str, verdict: str) -> None:
    own = OwnText(template.split("{}"))
    event = FakeProvenance({"a": value})
    assert judge_shell(template.replace("{}", value), event, own).verdict == verdict


PROGRAMS_TEXTS = [
    (
        "node",
        "const a = '{}'; console.log(a.length > 3 ? a.toUpperCase() : a)",
        '5% (x); "y" & Größe',
        "allow",
    ),
    ("node", "console.log(`{}`)", "a b", "allow"),
    ("node", "console.log(`{}`)", "${process.env.X}", "refuse"),
    ("node", "console.log('{}')", "'+process.env.X+'", "refuse"),
    ("node", "console.log('{}')", "a\\", "refuse"),
    ("node", "console.log('{}')", "a\nb", "refuse"),
    ("node", 'const t = "{}"; console.log(t)', "Release ${version} `beta`; {x}", "allow"),
    ("node", 'const t = "{}"; console.log(t)', '" + process.env.X + "', "refuse"),
    ("node", "console.log('{}'.replace(/[^a-z]+/g, '-'))", "a (b)", "allow"),
    ("node", "console.log('{}'.replace(/'/g, fs.readFileSync('x')))", "a (b)", "refuse"),
    ("node", "console.log('\\\\{}')", "'+process.env.X+'", "refuse"),
    ("node", "console.log({})", "x.y", "refuse"),
    ("node", "require('{}')", "fs", "refuse"),
    ("node", "x['{}']('y')()", "constructor", "refuse"),
    ("node", "// don't\nf({}, 'x')", "process.env", "refuse"),
    ("node", "f(/'/, {}, /'/)", "process.env", "refuse"),
    ("perl", 'print "Hello, {}"', "Ann & co; (x)", "allow"),
    ("perl", "print '{}'", "@{[id]}", "allow"),
    ("perl", 'print "Hello, {}"', "@{[id]}", "refuse"),
    ("perl", 'system("echo {}")', "a b", "refuse"),
    ("perl", "$f='{}'; print `wc -l $f`;", "a; id", "refuse"),
    ("perl", "$f='{}'; $f->('id')", "system", "refuse"),
    ("ruby", "f='{}'; puts `wc -l #{f}`", "a; id", "refuse"),
    ("ruby", "f='{}'; puts %x(wc -l #{f})", "a; id", "refuse"),
    ("node", "const f='{}'; \\u0065val(f)", "process.env", "refuse"),
    ("ruby", "puts '{}'.upcase", "Ann #{x}", "allow"),
    ("ruby", 'puts "{}"', "#{x}", "refuse"),
    ("ruby", "puts `ls {}`", "a", "refuse"),
    ("ruby", "puts [1].map(&'{}'.to_sym)", "a b", "refuse"),
    ("ruby", "puts File.read('{}')", "a b", "refuse"),
]


@pytest.mark.parametrize(
    ("value", "verdict"), [("It's 5 o'clock", "allow"), ("a\\'+process.env.X+'", "refuse"), ("a\\", "refuse")]
)
def test_a_quote_that_the_function_escapes_ends_no_text(value: str, verdict: str) -> None:
    own = OwnText(["node", "-e", "console.log('", "')", "'", "\\'"])
    program = "console.log('" + value.replace("'", "\\'") + "')"
    event = Provenance(json.dumps({"a": value}).encode())
    assert judge_argv("/usr/bin/node", ["node", "-e", program], event, own).verdict == verdict


@pytest.mark.parametrize(("program", "template", "value", "verdict"), PROGRAMS_TEXTS)
def test_a_text_in_another_languages_program_is_a_value(
    program: str, template: str, value: str, verdict: str
) -> None:
    own = OwnText([program, "-e", *template.split("{}")])
    event = FakeProvenance({"a": value})
    arguments = [program, "-e", template.replace("{}", value)]
    assert judge_argv(f"/usr/bin/{program}", arguments, event, own).verdict == verdict


BROKEN_BY_A_NAME = [
    ("soffice --outdir /tmp /tmp/{}", "O'Neill.docx"),
    ("soffice /tmp/{} > /tmp/log 2>&1", "O'Neill report.docx"),
    ("convert '/tmp/{}' /tmp/out.png", "O'Neill"),
    ("ffmpeg -i /tmp/{} /tmp/out.mp4", "Video(1).mp4"),
    ("ffmpeg -i /tmp/{} /tmp/out.mp4; rm /tmp/x", "My_Video (1).mp4"),
    ("ffmpeg -i /tmp/{} /tmp/out.mp4", "Q1_(final) v (2).mp4"),
]
# A line with these runs, or the event does more than break it.
BROKEN_OTHERWISE = [
    *(
        ("run {}", one)
        for one in ("x'", "'x", "' x", "a'b; id", "a'b $(id)", "(id)", " (id)", "x (a);id", "x(a)$(id)")
    ),
    *(
        ("run {}", one)
        for one in ("O'Neill\nid", "a(b)\nid", "a(b) `id`", "a(b) | id", "O'Neill & sons", "a() (id)")
    ),
    ("run {} # it", "O'Neill"),
    ('run "x" {}', "O'Neill"),
    ("run {} <<x", "O'Neill"),
    ("run \\' {}", "O'Neill"),
    ("run '{}", "(a(b))"),
    ("[[ x =~ {} ]]", "a(b)"),
    *(
        ("true; {}", one)
        for one in ("if (id) then (id) fi", "coproc a (id)", "case a in (a) (id) esac", "time (id)")
    ),
    *(
        ("{}; run", one)
        for one in ("time -p (id)", "! time -- (id)", "x[1, (2)]=1 id", "x[1, (2)]=1", "x[a.b (c)]+=1 id")
    ),
    *(("true; {}", one) for one in ("a=(id)", "@(id)", "! (id)", "{ (id)", "x ! (id)", "function f (id)")),
]


@pytest.mark.parametrize(("template", "value"), BROKEN_BY_A_NAME)
def test_a_name_that_breaks_the_line_does_nothing(template: str, value: str) -> None:
    command, provenance = fill(template, value)
    judgement = judge_shell(command, provenance, OwnText(template.split("{}")), is_systems=True)
    assert (judgement.verdict, judgement.rule) == ("unknown", "shell.broken")
    for program in ("sh", "bash"):
        ran = subprocess.run([program, "-c", f"echo ran; {command}"], capture_output=True, check=False)
        assert ran.returncode != 0
        assert not ran.stdout


@pytest.mark.parametrize(("template", "value"), BROKEN_OTHERWISE)
def test_what_breaks_a_line_otherwise_is_refused(template: str, value: str) -> None:
    command, provenance = fill(template, value)
    assert (
        judge_shell(command, provenance, OwnText(template.split("{}")), is_systems=True).verdict == "refuse"
    )


def test_what_another_shell_reads_is_refused_though_it_is_broken() -> None:
    line, provenance = fill("run {}", "a(b)")
    own = OwnText(["run "])
    assert judge_shell(line, provenance, own).verdict == "refuse"
    assert judge_input(["zsh"], line, provenance, own).verdict == "refuse"
    assert judge_argv("/bin/zsh", ["zsh", "-c", line], provenance, own).verdict == "refuse"


@pytest.mark.parametrize("size", [5_000, 20_000, 80_000])
def test_a_long_name_is_looked_at_once(size: int) -> None:
    command, provenance = fill("run {}", "a(b) " * (size // 5))
    begun = time.perf_counter()
    judge_shell(command, provenance, OwnText(["run "]), is_systems=True)
    assert time.perf_counter() - begun < 5 * size / 80_000 + 1


@pytest.mark.parametrize(
    "value", ["good day", "good", "a; id", "$(id)", "x > /tmp/y", "-e x", "it's", "a | sh"]
)
@pytest.mark.parametrize("template", ["echo {}", "echo '{}'", "echo {} | sort", "convert {} out.png"])
def test_a_line_for_a_shell_that_is_started_with_it_is_judged_as_one_for_the_system(
    template: str, value: str
) -> None:
    command, provenance = fill(template, value)
    own = OwnText([*template.split("{}"), "sh", "-c", template])
    started = judge_argv("/bin/sh", ["sh", "-c", command], provenance, own)
    assert started.verdict == judge_shell(command, provenance, own).verdict


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        (["git", "grep", "-n", "-e", "{}", "--", "notes"], "--oil & wax", "allow"),
        (["git", "grep", "-n", "{}", "--", "notes"], "-Osh", "refuse"),
        (["git", "log", "-e", "{}"], "--output=x", "refuse"),
        (["printf", "{}", "x"], "--version", "refuse"),
        (["cp", "a", "{}"], "--target-directory=/etc", "refuse"),
    ],
)
def test_a_word_is_an_option_only_where_its_program_takes_it_for_one(
    words: list[str], value: str, expected: str
) -> None:
    own = OwnText(words)
    given = [value if word == "{}" else word for word in words]
    assert judge_argv(given[0], given, Provenance({"v": value}), own).verdict == expected
