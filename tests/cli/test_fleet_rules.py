"""The commands about rules and affected requests work on a folder that nobody serves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dayfly.cli.fleet_rules import parse_span
from dayfly.errors import DayflyError

_PLANT = """
import sys
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.store import Place, Store
from tests.fleet.blast.test_radius import _finding, _home, _line
with Store(Place.parse(sys.argv[1])) as store:
    migrate(store, Deployment.SINGLE)
    store.insert("invocations", [_line(number, 1) for number in range(1, 16)])
    store.insert("environments", [_home("window")])
    store.insert("findings", [_finding("residue.memory", 10)])
"""


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import sys; from dayfly.cli.main import main; sys.exit(main())", *arguments],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


@pytest.mark.slow
def test_affected_and_rules_of_a_folder_without_a_service(tmp_path: Path) -> None:
    from tests.fleet.ownrules.test_loading import OWN

    home = tmp_path / "home"
    home.mkdir()
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", _PLANT, str(home / "store")], check=True, timeout=500, cwd=root)
    identity = "000000000000feed:10:residue.memory"
    answer = _run("fleet", "affected", identity, "--csv", "-", "--folder", str(home))
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("request_id,time_utc,exposure")
    assert len(lines) == 7
    assert _run("fleet", "affected", "f" * 32, "--folder", str(home)).returncode == 2
    good = tmp_path / "mine.sql"
    good.write_text(OWN)
    bad = tmp_path / "bad.sql"
    bad.write_text(OWN.replace("FROM invocations", "FROM url('http://169.254.169.254', CSV)"))
    answer = _run("fleet", "rules", "check", str(good), str(bad), "--folder", str(home), "--json")
    told = json.loads(answer.stdout)
    assert answer.returncode == 1
    assert [bool(each["error"]) for each in told["files"]] == [False, True]
    answer = _run("fleet", "rules", "test", str(good), "--since", "31d", "--folder", str(home), "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["rules"][0]["error"] == ""


def test_a_span_of_time_is_read() -> None:
    assert parse_span("6h") == 21_600
    for wrong in ("", "6", "h", "0h", "-1d", "1w"):
        with pytest.raises(DayflyError):
            parse_span(wrong)


@pytest.mark.slow
def test_the_same_of_a_running_service(tmp_path: Path) -> None:
    from tests.fleet.ownrules.test_loading import OWN
    from tests.fleet.service.running import Served

    home = tmp_path / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "bad.sql").write_text(OWN.replace("FROM invocations", "FROM file('x')"))
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", _PLANT, str(home / "store")], check=True, timeout=500, cwd=root)
    good = tmp_path / "mine.sql"
    good.write_text(OWN)
    # The planted lines are a year old.
    with Served(home, "--keep", "3000d") as served:
        identity = "000000000000feed:10:residue.memory"
        answer = _run("fleet", "affected", identity, "--csv", "-", "--folder", str(home))
        assert answer.returncode == 0, answer.stderr
        assert len(answer.stdout.splitlines()) == 7
        told = json.loads(_run("fleet", "affected", identity, "--json", "--folder", str(home)).stdout)
        assert told["certain"] == 5
        answer = _run("fleet", "affected", "f" * 32, "--csv", "-", "--folder", str(home))
        assert answer.returncode == 2
        assert "unknown finding" in answer.stderr
        answer = _run("fleet", "rules", "check", str(good), "--folder", str(home))
        assert answer.returncode == 0, answer.stderr
        answer = _run("fleet", "rules", "test", str(good), "--folder", str(home), "--json")
        assert answer.returncode == 0, answer.stderr
        answer = _run("fleet", "rules", "list", "--json", "--folder", str(home))
        assert "bad.sql, line 13" in json.loads(answer.stdout)["faults"][0]["message"]
        assert answer.returncode == 1
        with served.api() as api:
            page = api.get(f"/api/v1/affected/{identity}")
        assert page.headers["content-type"] == "text/csv; charset=utf-8"
        assert len(page.text.splitlines()) == 7
