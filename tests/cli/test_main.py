"""The command line lists everything and loads nothing, and every error ends in words and exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dayfly import __version__
from dayfly.cli import main as command
from dayfly.cli.main import COMMANDS, run

ROOT = Path(__file__).resolve().parents[2]

_LOADED = """
import json, sys
from dayfly.cli.main import run
codes = [run(words.split()) for words in sys.argv[1:]]
print(json.dumps([codes, sorted(name for name in sys.modules if name.startswith("dayfly."))]), file=sys.stderr)
"""
_WITHOUT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Refuse())
from dayfly.cli.main import run
raise SystemExit(run(sys.argv[1:]))
"""


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60
    )


def test_help_loads_no_subcommand() -> None:
    done = _python(_LOADED, "--help", "--version", "lab --help", "")
    codes, modules = json.loads(done.stderr.splitlines()[-1])
    assert codes == [0, 0, 0, 0]
    assert set(modules) <= {"dayfly.cli", "dayfly.cli.main", "dayfly.errors", "dayfly.cli.output"}


def test_help_lists_every_command_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert name.split()[0] in shown
    assert "Examples" in shown
    assert run(["lab", "serve", "--help"]) == 0
    assert "dayfly lab serve --config lab.toml" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"dayfly {__version__}"


def test_the_script_ends_with_the_code_of_its_command() -> None:
    done = _python("from dayfly.cli.main import main; main()", "lab", "serve", "--port", "x")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr + done.stdout
    assert "port" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["explain", "--list"], ["explain", "--list", "--json"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_an_error(arguments: list[str], unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from dayfly.cli.main import main; main()", *arguments],
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write to standard output: No space left on device\nhint: ")
    assert done.stderr.count("\n") == 2


def test_an_error_is_told_with_its_hint_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "serve"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: no function to serve\nhint: ")


def test_without_the_cli_extra_the_extra_is_named() -> None:
    done = _python(_WITHOUT.format(missing={"cyclopts", "rich"}), "--help")
    assert done.returncode == 2
    assert 'hint: pip install "dayfly[cli]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_lab_extra_the_extra_is_named() -> None:
    done = _python(_WITHOUT.format(missing={"litestar", "uvicorn"}), "lab", "serve", "x", "--handler", "a.b")
    assert done.returncode == 2
    assert 'hint: pip install "dayfly[lab]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_every_command_of_the_table_exists() -> None:
    assert COMMANDS
    for target, text, extra in COMMANDS.values():
        module, _, function = target.partition(":")
        assert (ROOT / "src" / Path(*module.split("."))).with_suffix(".py").is_file()
        assert f"def {function}(" in (ROOT / "src" / Path(*module.split("."))).with_suffix(".py").read_text()
        assert text.endswith(".")
        assert set(extra.split(",")) <= {
            "cli",
            "lab",
            "policy",
            "scan",
            "lifetimes",
            "fleet",
            "attach",
            "gauntlet",
            "all",
        }


def test_a_fault_of_dayflys_own_is_not_hidden_as_a_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "broken", ("dayfly.cli.absent:x", "Is not there.", "lab"))
    with pytest.raises(ImportError):
        command.run(["broken"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["atach"], "Unknown command 'atach'. Did you mean 'attach'?"),
        (["fleet", "servee"], "Unknown command 'servee'. Did you mean 'serve'?"),
        (["fleet", "user", "ad"], "Unknown command 'ad'. Did you mean 'add'?"),
        (["zzzqqq"], "Unknown command 'zzzqqq'."),
        (["--bogus"], "Unknown option '--bogus'."),
        (["lab", "nonsense"], "Unknown command 'nonsense'."),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest_one(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert f"error: {said}\n" in capsys.readouterr().err


def test_an_unknown_option_of_a_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "serve", "--nonsense"]) == 2
    assert "Unknown option: --nonsense." in capsys.readouterr().err
