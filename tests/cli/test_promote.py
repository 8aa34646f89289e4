"""`dayfly promote` and `dayfly rollback`: a real fleet that read real log lines, an account of moto's, and the way up and back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from tests.attach.live.aws import REGION, make_client, make_function, make_layer, make_role
from tests.cli.rollout_lines import Log, fortnight
from tests.fleet.service.running import Person, Served, add_people, until

from dayfly.cli.main import run
from dayfly.policy.document import parse_document


@dataclass
class Scene:
    """A function that Dayfly is on, and the team's fleet."""

    client: Any
    served: Served
    folder: Path
    capture: pytest.CaptureFixture[str]
    log: Log = field(default_factory=Log)

    def run(self, *words: str) -> tuple[int, str]:
        code = run([*words, "--region", REGION, "--folder", str(self.served.folder)])
        told = self.capture.readouterr()
        return code, told.out + told.err

    def promote(self, *words: str) -> tuple[int, str]:
        return self.run("promote", "payments", "--invocations", "50", *words)

    def bring_in(self) -> None:
        """Send what was logged to the fleet, and wait until it is in the store."""
        path = self.log.write(self.folder / "log.json")
        before = self._rows()
        words = [
            "fleet",
            "import",
            str(path),
            "--function",
            "payments",
            "--folder",
            str(self.served.folder),
            "--json",
        ]
        self.capture.readouterr()
        assert run(words) == 0
        lines = json.loads(self.capture.readouterr().out)["lines"]
        until(lambda: self._rows() >= before + lines)

    def _rows(self) -> int:
        with self.served.api() as api:
            return int(api.get("/api/v1/status").json()["collector"]["rows"])

    def observed(self) -> dict[str, Any]:
        with self.served.api() as api:
            answer = api.get("/api/v1/rollout/observed", params={"function": "payments", "days": 15})
            return dict(answer.json())

    def acknowledge(self, uid: str) -> None:
        person = Person(self.served.url)
        person.sign_in("rob")
        fields = {"subject": uid, "action": "acknowledge", "reason": "our pentest", "back": "/"}
        assert person.submit("/", "/actions/triage", **fields).status_code == 303

    def variables(self) -> dict[str, str]:
        told = self.client.get_function_configuration(FunctionName="payments")
        return dict(told["Environment"]["Variables"])


@pytest.fixture
def scene(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Scene]:
    monkeypatch.setenv("DAYFLY_JOURNAL", str(tmp_path / "state" / "attach.jsonl"))
    folder = tmp_path / "fleet"
    folder.mkdir()
    add_people(folder)
    with Served(folder) as served, mock_aws():
        client = make_client()
        make_function(client, make_role(), Environment={"Variables": {"PASSWORD": "hunter2"}})
        layer = make_layer(client, CompatibleRuntimes=["python3.12"])
        assert run(["attach", "payments", "--layer", layer, "--region", REGION, "--yes"]) == 0
        capsys.readouterr()
        yield Scene(client, served, tmp_path, capsys)


@pytest.mark.slow
def test_the_way_from_nothing_known_to_block_and_back(scene: Scene) -> None:
    code, told = scene.promote("--dry-run")
    assert (code, "DAYFLY_GUARD_LEARN=on" in told) == (0, True)
    assert "DAYFLY_GUARD" not in scene.variables()
    fortnight(scene.log)
    scene.bring_in()
    # An attack was seen, and nobody has said what it was.
    code, told = scene.promote("--yes")
    assert code == 1
    assert "guard.observed python.eval at app.py:3 total (1×)" in told
    assert "DAYFLY_POLICY_DIGEST" not in scene.variables()
    scene.acknowledge(
        next(one["uid"] for one in scene.observed()["signs"] if one["kind"] == "guard.observed")
    )
    code, told = scene.promote("--dry-run")
    assert code == 0, told
    assert '+allow = ["pay.example:443"]' in told
    assert "Not included: only seen with an attack: 1 use" in told
    assert "DAYFLY_POLICY_DIGEST" not in scene.variables()
    assert scene.promote()[0] == 2  # nobody to ask
    code, told = scene.promote("--yes")
    assert code == 0, told
    digest = scene.variables()["DAYFLY_POLICY_DIGEST"]
    assert scene.variables()["DAYFLY_GUARD"] == "observe"
    kept = (scene.folder / "state" / "policies" / f"{digest}.toml").read_text()
    assert "pay.example" in kept
    assert "evil" not in kept

    # It observes with the policy for a day, and a host comes that is not in it.
    for number in (21, 22, 23):
        scene.log.began(
            number,
            -1.0 + number / 1000,
            guard="observe",
            guard_learn="on",
            policy="layer",
            policy_digest=digest,
        )
        for more in range(20):
            scene.log.served(number, -0.9 + more * 0.04, number * 100 + more, caller=more)
    scene.log.use(21, "tax.example:443", -0.5, request=2101, verdict="observed")
    scene.bring_in()
    code, told = scene.promote("--guard", "block", "--yes")
    assert code == 1
    assert "needs 3 days more" in told or "needs 2 days more" in told
    assert "network tax.example:443 by requests" in told
    assert scene.variables()["DAYFLY_GUARD"] == "observe"
    code, told = scene.promote("--guard", "block", "--yes", "--force", "the tax host is not ours")
    assert code == 0, told
    assert scene.variables()["DAYFLY_GUARD"] == "block"
    assert "the tax host is not ours" in (scene.folder / "state" / "attach.jsonl").read_text()
    assert scene.promote("--yes")[1].strip().endswith("the guard is already at block")
    assert scene.promote("--guard", "observe")[0] == 2

    # A file that a deployment brings is judged by the same rules.
    package = scene.folder / "dayfly.toml"
    package.write_text(
        '[policy]\nmode = "observe"\npromote_after = "1d"\nquiet_since = 2026-01-01\n'
        '[policy.network]\nallow = ["pay.example:443"]\n[policy.threads]\nallow = []\n'
    )
    words = [
        "policy",
        "promote",
        str(package),
        "--function",
        "payments",
        "--folder",
        str(scene.served.folder),
    ]
    assert run(words) == 0
    told = scene.capture.readouterr().out
    assert "no unexplained finding" in told
    document = parse_document(package.read_text())
    assert document.value(("policy", "threads", "mode")) == "block"
    assert document.policy().mode_of("network", "") == "observe"

    # And back: to observing with the policy, and to before it.
    code, told = scene.run("rollback", "payments", "--dry-run")
    assert (code, "DAYFLY_GUARD=observe" in told) == (0, True)
    assert scene.variables()["DAYFLY_GUARD"] == "block"
    code, told = scene.run("rollback", "payments")
    assert code == 0, told
    assert "is back at observe" in told
    assert scene.variables()["DAYFLY_POLICY_DIGEST"] == digest
    assert scene.run("rollback", "payments")[0] == 0
    assert scene.variables() == {"PASSWORD": "hunter2", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}
    assert scene.run("rollback", "payments")[0] == 2
    # Nothing was seen of this one, whatever somebody insists on.
    assert (
        scene.run(
            "promote", "payments", "--guard", "block", "--yes", "--force", "now", "--from", "/dev/null"
        )[0]
        == 2
    )
    assert "hunter2" not in (scene.folder / "state" / "attach.jsonl").read_text()


@pytest.mark.slow
def test_honest_requests_that_are_refused_take_the_promotion_back(scene: Scene) -> None:
    fortnight(scene.log)
    scene.bring_in()
    assert scene.promote("--yes", "--force", "a test")[0] == 0
    digest = scene.variables()["DAYFLY_POLICY_DIGEST"]

    def refuse() -> None:
        until(lambda: scene.variables()["DAYFLY_GUARD"] == "block")
        log = Log()
        for number in (31, 32):
            log.began(number, 0.00001, guard="block", policy="layer", policy_digest=digest)
            for more in range(3):
                request = number * 100 + more
                log.served(number, 0.00002, request, caller=request, outcome="error")
                log.use(number, "tax.example:443", 0.00002, request=request, verdict="refused")
        path = log.write(scene.folder / "refused.json")
        with scene.served.api() as api:
            from dayfly.fleet.ingest.importing import Importer
            from dayfly.fleet.ingest.shipping import Shipper

            with path.open("rb", buffering=0) as file:
                Importer(Shipper(api, "import", told=lambda *_: None)).read(file, str(path))

    thread = threading.Thread(target=refuse)
    thread.start()
    words = (
        "--guard",
        "block",
        "--yes",
        "--force",
        "a test",
        "--watch",
        "--auto-rollback",
        "--minutes",
        "0.5",
    )
    code, told = scene.promote(*words)
    thread.join()
    assert code == 1, told
    assert "2 new environments report: guard block" in told
    assert "REFUSED, but looks legitimate: network tax.example:443 by requests" in told
    assert scene.variables()["DAYFLY_GUARD"] == "observe"
    assert scene.variables()["DAYFLY_POLICY_DIGEST"] == digest


def test_what_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAYFLY_FLEET_FOLDER", str(tmp_path / "none"))
    monkeypatch.setenv("DAYFLY_JOURNAL", str(tmp_path / "attach.jsonl"))
    for words, told in (
        (("promote",), "no function was given"),
        (("promote", "payments", "--days", "nan"), "--days"),
        (("promote", "payments", "--days", "0"), "--days must be above 0"),
        (("promote", "payments", "--auto-rollback"), "needs --watch"),
        (("promote", "payments", "--watch"), "no fleet service is running"),
        (("promote", "a:b"), "not a function name"),
        (("rollback",), "no function was given"),
        (("rollback", "payments", "--patience", "-1"), "--patience"),
        (("rollback", "payments", "--patience", "9"), "no fleet service is running"),
    ):
        assert run([*words, "--region", REGION]) == 2, words
        assert told in capsys.readouterr().err


def test_a_log_tells_as_well_and_the_package_can_take_the_policy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAYFLY_FLEET_FOLDER", str(tmp_path / "none"))
    monkeypatch.setenv("DAYFLY_JOURNAL", str(tmp_path / "attach.jsonl"))
    log = Log()
    fortnight(log)
    path = log.write(tmp_path / "log.json")
    package = tmp_path / "dayfly.toml"
    package.write_text('isolation = "invocation"\n')
    with mock_aws():
        client = make_client()
        make_function(client, make_role())
        words = ["promote", "payments", "--region", REGION, "--from", str(path), "--into", str(package)]
        # A log knows of no detection: that is no good news.
        assert run(words) == 1
        assert "only a fleet service has detections" in capsys.readouterr().out
        assert package.read_text() == 'isolation = "invocation"\n'
        assert run([*words, "--force", "looked through the log ourselves"]) == 0
        assert run(["promote", "payments", "--region", REGION, "--yes"]) == 2
        assert "dayfly attach payments" in capsys.readouterr().out
    text = package.read_text()
    assert text.startswith('isolation = "invocation"\n')
    assert 'mode = "observe"' in text
    assert "pay.example:443" in text
    assert "evil" not in text
