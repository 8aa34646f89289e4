"""Where interpreters look for code when they start: what is left out, what is named, what is given back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters
from tests.rie import ROOT
from tests.unprivileged import UID, folder_of_user

# Not the environment of the tests: a virtual one has no user site directory.
PYTHON = found_interpreters()[-1].path


def ask(code: str, *options: str, home: Path, user: int | None = None, **environ: str) -> object:
    """What an expression on `startup` is in an interpreter started with these options and variables."""
    program = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\nimport os\nfrom dayfly.runtime import startup\nprint(repr({code}))"
    done = subprocess.run(
        [PYTHON, *options, "-c", program],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        user=user,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return eval(done.stdout)


def site_of(home: Path) -> Path:
    version = ".".join(found_interpreters()[-1].version.split(".")[:2])
    return home / ".local" / "lib" / f"python{version}" / "site-packages"


def test_the_zygote_of_the_layer_leaves_out_a_user_site_directory_that_does_not_exist(tmp_path: Path) -> None:
    code = "(startup.shut_user_site(), __import__('site').main(), __import__('site').ENABLE_USER_SITE)[2]"
    assert ask(code, "-S", home=tmp_path) is False
    site_of(tmp_path).mkdir(parents=True)
    assert ask(code, "-S", home=tmp_path) is True


def test_only_an_isolated_interpreter_is_given_back_what_it_left_out(tmp_path: Path) -> None:
    code = "(startup.restore_search_path({'PYTHONPATH': '/a:b'}), sys.path[:3])[1]"
    assert ask(code, "-I", home=tmp_path) == ["/", "/a", "/b"]
    for option in ("-E", "-P", "-s"):
        seen = ask(code, option, home=tmp_path)
        assert isinstance(seen, list)
        assert "/a" not in seen


PLACES = "startup.plantable(os.environ, has_user_site=not sys.flags.isolated)"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own what an unprivileged user may not write")
def test_places_are_named_that_the_user_may_write_or_make() -> None:
    with folder_of_user() as writable:
        variables = {"PYTHONPATH": f"{writable}/made:/usr/lib", "PYTHONPYCACHEPREFIX": str(writable)}
        assert ask(PLACES, home=writable, user=UID, **variables) == [
            f"the user site directory {site_of(writable)}",
            f"{writable} (PYTHONPYCACHEPREFIX)",
            f"{writable}/made (PYTHONPATH)",
        ]
        assert ask(PLACES, "-I", home=writable, user=UID, **variables) == []
    assert ask(PLACES, home=Path("/usr/lib"), user=UID) == []
