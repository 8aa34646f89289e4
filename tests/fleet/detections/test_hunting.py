"""Each hunting rule finds its planted attack, and nothing in the honest rows beside it, whole and on two shards."""

from __future__ import annotations

import msgspec
from tests.fleet.detections.planted import HOUR, NOW, answers, called, found, home, request, served, used

from dayfly.fleet.records.rows import Package, Platform, Quarantined
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store


def _same(store: Store, shards: Store, rule: str) -> dict[str, int]:
    whole, halves = answers(store, rule), answers(shards, rule)
    assert {
        key: (each.severity, each.events, each.environments_all, each.uid) for key, each in whole.items()
    } == {key: (each.severity, each.events, each.environments_all, each.uid) for key, each in halves.items()}
    return {key: each.severity for key, each in whole.items()}


def test_divergence(store: Store, shards: Store) -> None:
    rows = []
    # In between, in a version that never changes.
    rows += [
        home("published", 100 + n, 20 * HOUR - n * 600, version="7", code=9 if n in (5, 11, 14, 15) else 1)
        for n in range(20)
    ]
    # The same in $LATEST: twice in between; once in between is weaker.
    rows += [home("latest", 200 + n, 20 * HOUR - n * 600, code=9 if n in (5, 11) else 1) for n in range(20)]
    rows += [home("once", 300 + n, 20 * HOUR - n * 600, code=9 if n == 5 else 1) for n in range(20)]
    # Honest: a deploy; a deploy whose old environments still start; a deploy and a rollback; a first environment.
    rows += [home("deploy", 400 + n, 20 * HOUR - n * 600, code=1 if n < 9 else 2) for n in range(20)]
    rows += [
        home("settling", 500 + n, 20 * HOUR - n * 10, code=2 if n in (9, 11, 12) or n > 14 else 1)
        for n in range(20)
    ]
    rows += [home("rollback", 600 + n, 20 * HOUR - n * 600, code=2 if 8 <= n < 13 else 1) for n in range(20)]
    rows += [
        home("first", 700, HOUR, code=5),
        home("two", 701, HOUR, code=5),
        home("two", 702, HOUR / 2, code=6),
    ]
    # As it is where the function is forked: the first line does not know the code yet, the first invocation's does.
    rows += [home("late", 800 + n, 20 * HOUR - n * 600, version="3", code=0) for n in range(20)]
    store.insert("environments", rows)
    store.insert(
        "invocations",
        [
            served("late", 800 + n, 20 * HOUR - n * 600 - 1, 1, version="3", code=9 if n in (5, 11) else 1)
            for n in range(20)
        ],
    )
    # An environment of which only its first invocation is known.
    store.insert(
        "invocations",
        [served("latest", 250, 19 * HOUR, 1, code=9), served("latest", 201, HOUR, 5000, code=77)],
    )
    found_ = _same(store, shards, "divergence")
    assert found_ == {"published 7 09": 5, "late 3 09": 4, "latest $LATEST 09": 4, "once $LATEST 09": 3}
    assert answers(store, "divergence")["latest $LATEST 09"].environments_all == 3
    query = read_sql("dayfly.fleet.detections", "evidence/code_of_environments")
    asked = {
        "function": "late", "version": "3", "most": 100,
        "first_time": f"{NOW - 20 * HOUR:.3f}", "last_time": f"{NOW:.3f}",
    }  # fmt: skip
    for each in (store, shards):
        shown = each.rows(query, asked)
        assert [int(str(row["code"]), 16) for row in shown] == [9 if n in (5, 11) else 1 for n in range(20)]


def test_code_changed(store: Store, shards: Store) -> None:
    rows = [served("checkout", 1, 1000 - n, n, code=1 if n < 40 else 9) for n in range(1, 80)]
    rows += [served("checkout", env, 1000 - n, n) for env in range(2, 8) for n in range(1, 20)]
    # Changed before the look-back: only the first line tells.
    rows += [served("checkout", 9, 500 - n, n + 900, code=8) for n in range(1, 20)]
    store.insert("environments", [home("checkout", 9, 5 * HOUR)])
    # Honest: most environments of the version make the same change.
    rows += [
        served("lazy", env, 1000 - n, n, code=1 if n < 3 else 2) for env in range(20, 28) for n in range(1, 9)
    ]
    store.insert("invocations", rows)
    assert _same(store, shards, "code_changed") == {"checkout $LATEST 01 09": 4, "checkout $LATEST 01 08": 4}
    detection = answers(store, "code_changed")["checkout $LATEST 01 09"]
    assert detection.environments == [1]
    assert abs(detection.first_time - (NOW - 960)) < 1


def test_one_deploy_after_the_other_is_no_divergence(store: Store) -> None:
    homes = [
        home("often", 100 * deploy + number, 20_000 - deploy * 1200 - number * 100, code=1 + deploy)
        for deploy in range(10)
        for number in range((9, 4, 2, 1, 3, 4, 2, 2, 4, 7)[deploy])
    ]
    store.insert("environments", homes)
    assert answers(store, "divergence", span=21_000) == {}
    store.insert("environments", [home("often", 5_000, 20_000 - 5 * 1200 - 1_150, code=1)])
    assert answers(store, "divergence", span=21_000)


def test_residue_divergence(store: Store, shards: Store) -> None:
    rows = [
        served("checkout", env, 10 * HOUR - n * 900, n, residue=5 if n == 1 else 0)
        for env in range(1, 13)
        for n in range(1, 30)
    ]
    rows += [served("checkout", 1, 4 * HOUR - n * 10, 50 + n, residue=77) for n in range(9)]
    rows += [served("checkout", 2, 4 * HOUR, 90, residue=78)]
    rows += [
        served("lazy", env, 10 * HOUR - n * 900, n, residue=5 + n % 3)
        for env in range(21, 33)
        for n in range(1, 30)
    ]
    store.insert("invocations", rows)
    assert _same(store, shards, "residue_divergence") == {"checkout $LATEST 4D": 3}
    store.insert("findings", [found("checkout", 1, 4 * HOUR, 50, "residue.file", severity=4)])
    assert _same(store, shards, "residue_divergence") == {"checkout $LATEST 4D": 4}


def test_forged_lines(store: Store, shards: Store) -> None:
    line = Quarantined(
        received=NOW - 10, time=NOW - 20, reason="forged", detail="the proof does not fit", function="checkout",
        log_group="/aws/lambda/checkout", log_stream="s", stream=5, road="firehose", bytes=10, line="x",
    )  # fmt: skip
    rows = [msgspec.structs.replace(line, line=f"x{n}", stream=n % 3) for n in range(120)]
    rows += [msgspec.structs.replace(line, function="other", line="one")]
    rows += [
        msgspec.structs.replace(line, function="noisy", reason="malformed", line=f"m{n}") for n in range(50)
    ]
    store.insert("quarantine", rows)
    assert _same(store, shards, "forged_lines") == {"checkout  ": 5, "other  ": 4}


def test_new_behaviour(store: Store, shards: Store) -> None:
    homes, uses = [], []
    for number, name in enumerate(("quiet", "deployed", "sibling", "fresh", "grave")):
        old = 2 * HOUR if name == "fresh" else 50 * HOUR
        homes += [home(name, 1000 * number + n, old - n * 60) for n in range(6)]
        uses += [
            used(name, 1000 * number + n, old - n * 60, "network", "dynamodb:443", package="botocore")
            for n in range(6)
        ]
        uses += (
            [used(name, 1000 * number, old - 60, "network", "api.shared.example:443", package="requests")]
            if name == "sibling"
            else []
        )
    homes.append(home("deployed", 1050, 900, code=2))
    uses += [used("quiet", 3, 600, "network", "evil.example:443", package="jsonish")]
    uses += [used("deployed", 1050, 800, "network", "new.example:443", package="requests")]
    uses += [used("deployed", 1050, 800, "network", "api.shared.example:443", package="requests")]
    uses += [used("fresh", 3001, 600, "network", "any.example:443")]
    uses += [used("grave", 4001, 600, "process", "/bin/sh", package="jsonish", verdict="observed")]
    # Two functions that never told a use: one begins without a deploy, the other's deploy began to tell them.
    homes += [home("silent", 5000, 50 * HOUR), home("learning", 6000, 50 * HOUR)]
    homes += [home("learning", 6001, 900, code=2)]
    uses += [used("silent", 5000, 600, "network", "first.example:443")]
    uses += [used("learning", 6001, 800, "network", "its-own.example:443")]
    store.insert("environments", homes)
    store.insert("behaviours", uses)
    store.insert(
        "packages", [Package(time=NOW - 50 * HOUR, function="quiet", package="jsonish", package_version="1")]
    )
    assert _same(store, shards, "new_behaviour") == {
        "quiet network evil.example:443": 5,
        "deployed network new.example:443": 2,
        "grave process /bin/sh": 5,
        "silent network first.example:443": 4,
    }
    assert "after a deploy" in answers(store, "new_behaviour")["deployed network new.example:443"].story
    # A day at once sees the same, and what is known is no news an hour later.
    assert "quiet network evil.example:443" in answers(store, "new_behaviour", span=24 * HOUR)
    assert answers(store, "new_behaviour", now=NOW + 2 * HOUR) == {}


def test_foothold(store: Store, shards: Store) -> None:
    rows, homes = [], []
    # The infected worker goes on; another worker took over; every event its own worker; one process; a worker as runtime.
    for name, env, isolation in (
        ("window", 1, "window"),
        ("ended", 2, "window"),
        ("fork", 3, "invocation"),
        ("process", 4, "process"),
        ("taken", 5, "invocation"),
        ("many", 6, "window"),
    ):
        homes.append(home(name, env, 5 * HOUR, isolation=isolation))
        for n in range(1, 30):
            worker = n if isolation == "invocation" else (1 if n <= 10 or name != "ended" else 2)
            rows.append(served(name, env, 2 * HOUR - n * (60 if name == "process" else 2), n, worker=worker))
    rows += [served("many", 6, 3000 - n, 30 + n) for n in range(200)]
    store.insert("environments", homes)
    store.insert("invocations", rows)
    for name, env in (("window", 1), ("ended", 2), ("fork", 3), ("process", 4), ("many", 6)):
        store.insert("findings", [found(name, env, 2 * HOUR - 20, 10, "residue.memory")])
    store.insert(
        "findings",
        [
            found("taken", 5, 2 * HOUR - 20, 10, "environment.infected", worker=10),
            found("fork", 3, 2 * HOUR - 20, 9, "guard.observed", technique="T1059.006"),
        ],
    )
    assert _same(store, shards, "foothold") == {"window  ": 4, "process  ": 4, "taken  ": 5, "many  ": 5}
    detection = answers(store, "foothold")["window  "]
    assert detection.events == 19
    assert "19 requests since" in detection.story


def test_supply_chain(store: Store, shards: Store) -> None:
    packages, uses = [], []
    for n in range(20):
        name = f"f{n:02}"
        new = n < 8
        packages += [Package(time=NOW - 30 * HOUR, function=name, package="jsonish", package_version="1.0")]
        packages += [Package(time=NOW - 30 * HOUR, function=name, package="boto3", package_version="1.40")]
        packages += (
            [Package(time=NOW - 10 * HOUR, function=name, package="jsonish", package_version="1.1")]
            if new
            else []
        )
        uses += [used(name, n, 30 * HOUR, "network", "dynamodb:443", package="botocore")]
        uses += [used(name, n, 3 * HOUR - n, "network", "collect.example:443")] if n < 6 else []
    # Honest: a new endpoint that functions of all versions begin to use at once.
    uses += [
        used(f"f{n:02}", n, 2 * HOUR, "network", "telemetry.example:443", package="botocore")
        for n in range(4, 14)
    ]
    store.insert("packages", packages)
    store.insert("behaviours", uses)
    assert _same(store, shards, "supply_chain") == {"jsonish 1.1 network collect.example:443": 5}
    detection = answers(store, "supply_chain")["jsonish 1.1 network collect.example:443"]
    assert detection.functions == [f"f{n:02}" for n in range(6)]
    assert '"waiting_functions":["f06","f07"]' in detection.facts


def test_stolen_credentials(store: Store, shards: Store) -> None:
    rows = []
    for n in range(60):
        rows += [called("checkout", 100 + n % 6, 80 * HOUR - n * 4000, f"3.250.1.{n % 3}")]
        rows += [called("roaming", 200 + n, 80 * HOUR - n * 4000, f"18.{n}.7.9")]
        rows += [called("vpc", 300 + n % 6, 80 * HOUR - n * 4000, f"10.0.{n}.9")]
        rows += [called("moved", 400 + n, 80 * HOUR - n * 4000, "3.250.2.2")]
    thief = "aws-cli/2.31 md/awscrt#0.28 ua/2.1 os/macos"
    rows += [
        called("checkout", 105, 1500 - n, "203.0.113.9", agent=thief, name=name)
        for n, name in enumerate(("GetCallerIdentity", "ListBuckets", "ListUsers"))
    ]
    rows += [called("checkout", 105, 1600, "3.250.1.1")]
    rows += [called("vpc", 305, 1200, "198.51.100.7")]
    rows += [
        called("vpc", 305, 1300, "10.0.3.9"),
        called("vpc", 305, 1100, "198.51.100.7", name="ListTables", error="AccessDenied"),
    ]
    # Honest: new public addresses of a function outside a VPC, a gateway that changed, AWS itself, somebody's session.
    rows += [called("roaming", 300 + n, 1500 - n, f"52.{n}.7.9") for n in range(5)]
    rows += [called("moved", 500 + n, 1500 - n, "3.250.9.9") for n in range(5)]
    rows += [
        called("checkout", 104, 900, "AWS Internal", agent="AWS Internal"),
        called("vpc", 301, 800, "dynamodb.amazonaws.com", agent="dynamodb.amazonaws.com"),
    ]
    rows += [called("deploy-session", 900, 1000 + n, f"203.0.113.{n}", agent=thief) for n in range(20)]
    store.insert("api_calls", rows)
    assert _same(store, shards, "stolen_credentials") == {"checkout 69": 5, "vpc 0131": 4}
    assert "203.0.113.9" in answers(store, "stolen_credentials")["checkout 69"].story


def test_log_gaps_of_one_function_and_of_the_road(store: Store, shards: Store) -> None:
    rows = [
        served("checkout", env, 3000 - n * 20, n)
        for env in range(1, 9)
        for n in range(1, 100)
        if not (env == 3 and 40 <= n < 60)
    ]
    # Findings have numbers, too; what is still under way is no gap.
    rows += [served("noted", 21, 3000 - n * 20, n) for n in range(1, 100) if n not in (50, 51, 52, 53)]
    rows += [served("late", 22, 500 - n * 5, n) for n in range(1, 100) if n not in range(60, 70)]
    store.insert("invocations", rows)
    store.insert(
        "findings",
        [found("noted", 21, 2000 - n, 50, "residue.file", severity=2, sequence=50 + n) for n in range(4)],
    )
    store.insert("findings", [found("checkout", 3, 3000 - 39 * 20, 39, "guard.observed", sequence=39)])
    assert _same(store, shards, "log_gaps") == {"checkout  ": 4}
    assert answers(store, "log_gaps")["checkout  "].events == 20
    store.insert(
        "invocations",
        [
            served(f"f{f}", 100 + f, 3000 - n * 20, n)
            for f in range(8)
            for n in range(1, 100)
            if n not in range(30, 40)
        ],
    )
    assert _same(store, shards, "log_gaps") == {"the road": 2}


def test_protection_gone(store: Store, shards: Store) -> None:
    homes, rows, platform = [], [], []

    def start(function: str, environment: int, ago: float, number: int, version: str = "$LATEST") -> Platform:
        return Platform(
            time=NOW - ago,
            function=function,
            version=version,
            stream=environment + 10_000,
            kind="start",
            request_id=request(environment * 100_000 + number),
        )

    for env in range(1, 6):
        homes.append(home("checkout", env, 3 * HOUR))
        homes.append(home("quiet", 50 + env, 3 * HOUR))
        for n in range(1, 50):
            ago = 3400 - n * 60
            platform += [
                start("checkout", env, ago, n),
                start("quiet", 50 + env, ago, n),
                start("never", 70 + env, ago, n),
            ]
            rows += [served("checkout", env, ago - 0.2, n)] if env != 2 or n < 20 else []
    # A second version without Dayfly; environments of the same version without it.
    homes.append(home("taken-off", 90, 30 * HOUR, version="1"))
    platform += [start("taken-off", 91, 3000 - n, n, version="2") for n in range(20)]
    platform += [start("checkout", 99, 3000 - n, n) for n in range(20)]
    store.insert("environments", homes)
    store.insert("invocations", rows)
    store.insert("platform", platform)
    # Invocations are not logged in `quiet`: no line is no sign there.
    assert _same(store, shards, "protection_gone") == {
        "checkout $LATEST silent": 4,
        "checkout $LATEST bare": 4,
        "taken-off 2 new version": 3,
    }


def test_campaign(store: Store, shards: Store) -> None:
    rows, findings = [], []
    for n in range(6):
        rows.append(served(f"f{n}", n + 1, 1500 - n * 60, 5, pattern=42, source=n + 100))
        findings.append(
            found(
                f"f{n}",
                n + 1,
                1500 - n * 60,
                5,
                "guard.observed" if n == 2 else "guard.refused",
                technique="T1059.006",
                rule="python.eval",
            )
        )
    # One function's own trouble, however often.
    rows += [served("alone", 50, 1500 - n, n + 1, pattern=7, source=9) for n in range(30)]
    findings += [
        found("alone", 50, 1500 - n, n + 1, "guard.refused", rule="sql.structure") for n in range(30)
    ]
    store.insert("invocations", rows)
    store.insert("findings", findings)
    assert _same(store, shards, "campaign") == {"pattern 2A": 5}
    assert answers(store, "campaign")["pattern 2A"].events == 6
