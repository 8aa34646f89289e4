"""Each page of the family shows what its check finds, and a twin without a finding.

`scanned.json` beside a page says as which file of a project each of the two is scanned, and what lies beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.scan.dependencies.projects import project_of

import dayfly.scan
from dayfly.scan.dependencies.checking import Options, check_project
from dayfly.scan.model import Finding
from dayfly.scan.tables.dependency import CHECKS

PAGES = Path(dayfly.scan.__file__).parent / "pages"


def checks_found(check: str, which: str, tmp_path: Path) -> set[str]:
    page = PAGES / check
    scanned = json.loads((page / "scanned.json").read_text())
    (source,) = page.glob(f"{which}.*")
    project = project_of({**scanned.get("beside", {}), scanned[which]: source.read_text()})
    for number, advisory in enumerate(scanned.get("advisories", ())):
        (tmp_path / f"{number}.json").write_text(json.dumps(advisory))
    recorded = scanned.get("capabilities")
    options = Options(
        osv_database=tmp_path if "advisories" in scanned else None,
        capabilities_lock=json.dumps(recorded) if recorded else None,
    )
    return {one.check for one in check_project(project, (), (), options) if isinstance(one, Finding)}


@pytest.mark.parametrize("check", [one.id for one in CHECKS])
def test_the_vulnerable_page_is_found_and_the_fixed_one_is_not(check: str, tmp_path: Path) -> None:
    assert check in checks_found(check, "vulnerable", tmp_path)
    assert check not in checks_found(check, "fixed", tmp_path)


def test_the_trial_of_the_trojan_succeeds_and_fails_as_promised() -> None:
    page = PAGES / "dependency.trojan"
    trial = json.loads((page / "trial.json").read_text())
    outcomes = {}
    before = json.loads
    for which in ("vulnerable", "fixed"):
        names: dict[str, object] = {"__name__": "app"}
        try:
            exec(compile((page / f"{which}.py").read_text(), which, "exec"), names)
            handler = names["handler"]
            assert callable(handler)
            answers = [json.dumps(handler(event, None)) for event in trial["events"]]
        finally:
            json.loads = before
        outcomes[which] = trial["succeeds_when"]["contains"] in answers[trial["succeeds_when"]["answer"]]
        assert "book" in answers[0]
    assert outcomes == {"vulnerable": True, "fixed": False}
