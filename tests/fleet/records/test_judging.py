"""Which lines are believed, which are not and why; and that honest situations are never called forged."""

from __future__ import annotations

import json
import random
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core import findings
from dayfly.core.activity import Activity
from dayfly.core.findings import Where, finding_line
from dayfly.core.loglines import NOT_OURS
from dayfly.core.proofs import FleetKey
from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.records.rows import (
    NO_REQUEST,
    Behaviour,
    Environment,
    Finding,
    Invocation,
    Package,
    Platform,
    Quarantined,
)
from dayfly.testing.invocations import invocation_line

Row = TypeVar("Row")
KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
T0 = 1_764_000_000.0
STREAM = "2026/11/26/[7]0123456789abcdef0123456789abcdef"
STREAM_B = "2026/11/26/[7]fedcba9876543210fedcba9876543210"
REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
ENVIRONMENT = "0123456789abcdef"


class Speaker:
    """An environment that writes lines, as the runtime's reporter does."""

    def __init__(
        self,
        environment: str = ENVIRONMENT,
        *,
        key: bytes | None = None,
        function: str = "shop",
        stream: str = STREAM,
        began: float = T0,
    ) -> None:
        self.where = Where(environment=environment, function=function, version="7")
        self.key = FleetKey(key) if key else None
        self.function = function
        self.stream = stream
        self.sequence = 0
        self.now = began

    def start(self) -> LogEvent:
        return self.find(
            findings.ENVIRONMENT_STARTED,
            {"isolation": "invocation", "guard": "observe", "code": "00000000000000ff"},
        )

    def find(self, kind: findings.FindingKind, evidence: dict[str, object] | None = None) -> LogEvent:
        self.sequence += 1
        self.now += 1
        line = finding_line(
            kind,
            self.where,
            now=self.now,
            message="something",
            number=self.sequence,
            request_id=REQUEST,
            evidence=evidence,
            sequence=self.sequence,
            key=self.key,
        )
        return self.event(line.decode())

    def invoke(self, *, outcome: str = "success") -> LogEvent:
        self.sequence += 1
        self.now += 1
        activity = Activity()
        activity.read_event({}, b'{"a":1}', self.key)
        activity.duration_us = 1234
        line = invocation_line(
            self.where,
            now=self.now,
            number=self.sequence,
            worker=3,
            age_ms=5000,
            outcome=outcome,
            request_id=REQUEST,
            sequence=self.sequence,
            activity=activity,
            key=self.key,
        )
        return self.event(line.decode())

    def event(self, message: str | dict[str, object]) -> LogEvent:
        return LogEvent(
            time=self.now + 0.01,
            message=message,
            log_group=f"/aws/lambda/{self.function}",
            log_stream=self.stream,
        )


def read(events: list[LogEvent], *keys: bytes, reader: LineReader | None = None) -> Intake:
    intake = Intake()
    reader = reader or LineReader(keys, clock=lambda: T0)
    for event in events:
        reader.read(event, intake)
    counted = intake.ours + intake.platform + intake.other + intake.malformed + intake.forged
    assert counted == intake.lines
    return intake


def reasons(intake: Intake) -> list[str]:
    rows = intake.rows.get("quarantine", [])
    return [row.detail for row in rows if isinstance(row, Quarantined)]


def trusts(intake: Intake) -> list[str]:
    return [row.trust for row in intake.rows.get("invocations", []) if isinstance(row, Invocation)]


def only(intake: Intake, table: str, kind: type[Row]) -> Row:
    (row,) = intake.rows[table]
    assert isinstance(row, kind)
    return row


def test_an_invocation_becomes_a_row_with_every_fact() -> None:
    speaker = Speaker(key=KEY)
    intake = read([speaker.start(), speaker.invoke()], KEY)
    row = only(intake, "invocations", Invocation)
    assert (row.function, row.version, row.environment, row.stream) == (
        "shop",
        "7",
        0x0123456789ABCDEF,
        0x0123456789ABCDEF,
    )
    assert (row.sequence, row.invocation, row.worker, row.request_id) == (2, 2, 3, REQUEST)
    assert (row.duration_us, row.bytes_in, row.age_ms, row.trigger, row.trust) == (
        1234,
        7,
        5000,
        "direct",
        "verified",
    )
    assert row.shape
    assert row.pattern
    assert row.subject
    assert row.time == T0 + 2


def test_the_first_line_becomes_an_environment_and_a_finding() -> None:
    intake = read([Speaker(key=KEY).start()], KEY)
    row = only(intake, "environments", Environment)
    assert (row.isolation, row.guard, row.code, row.log_stream, row.trust) == (
        "invocation",
        "observe",
        255,
        STREAM,
        "verified",
    )
    assert only(intake, "findings", Finding).kind == "environment.started"


def test_uses_packages_and_source_request_are_taken_from_evidence() -> None:
    speaker = Speaker()
    events = [
        speaker.find(
            findings.GUARD_CAPABILITY,
            {
                "verdict": "used",
                "kind": "network",
                "target": "db:5432",
                "packages": ["psycopg", "shop"],
                "rule": "capability.network",
            },
        ),
        speaker.find(findings.ENVIRONMENT_PACKAGES, {"packages": ["boto3==1.40.1", "six==1.17.0"]}),
        speaker.find(findings.SERVED_AFTERWARDS, {"source_request": REQUEST}),
    ]
    intake = read(events)
    use = only(intake, "behaviours", Behaviour)
    assert (use.kind, use.target, use.package, use.verdict) == ("network", "db:5432", "psycopg", "used")
    packages = [row for row in intake.rows["packages"] if isinstance(row, Package)]
    assert [(row.package, row.package_version) for row in packages] == [
        ("boto3", "1.40.1"),
        ("six", "1.17.0"),
    ]
    zeros = [row.source_request for row in intake.rows["findings"] if isinstance(row, Finding)]
    assert zeros == [NO_REQUEST, NO_REQUEST, REQUEST]


def test_lines_of_the_earlier_format_are_read() -> None:
    invocation = {
        "timestamp": "2026-11-26T00:00:00.000Z",
        "level": "INFO",
        "message": "Dayfly: invocation",
        "metadata": {"product": {"name": "Dayfly", "version": "0.9"}},
        "environment": ENVIRONMENT,
        "worker": 4,
        "age_s": 12.346,
        "invocation": 9,
        "outcome": "crash",
        "request_id": REQUEST,
    }
    line = finding_line(
        findings.WORKER_DIED,
        Where(environment=ENVIRONMENT, function="shop", version="7"),
        now=T0,
        message="m",
    )
    speaker = Speaker()
    intake = read([speaker.event(json.dumps(invocation)), speaker.event(line.decode())])
    row = only(intake, "invocations", Invocation)
    assert (row.age_ms, row.worker, row.outcome, row.function, row.sequence) == (12346, 4, "crash", "shop", 0)
    assert (row.trust, row.time) == ("unverified", T0 + 0.01)
    assert only(intake, "findings", Finding).kind == "worker.died"


def test_a_line_is_believed_as_far_as_it_can_be_checked() -> None:
    speaker = Speaker(key=KEY)
    events = [speaker.start(), speaker.invoke()]
    assert trusts(read(events, KEY)) == ["verified"]
    assert trusts(read(events, OTHER_KEY, KEY)) == ["verified"]
    assert trusts(read(events)) == ["consistent"]
    bare = Speaker()
    assert trusts(read([bare.start(), bare.invoke()], KEY)) == ["unverified"]


@pytest.mark.parametrize("is_parsed", [False, True])
def test_a_platform_that_parsed_a_line_or_wrote_it_anew_does_not_spoil_its_proof(is_parsed: bool) -> None:
    speaker = Speaker(key=KEY)
    first = json.loads(
        str(speaker.find(findings.RENEWED, {"age_s": 12.0, "init_s": 0.125, "name": "ä"}).message)
    )
    second = json.loads(str(speaker.invoke().message))
    shuffled = dict(random.Random(1).sample(list(second.items()), len(second)))
    messages = [first, shuffled]
    if not is_parsed:
        messages = [json.dumps(message, indent=1) for message in messages]
    intake = read([speaker.event(message) for message in messages], KEY)
    assert trusts(intake) == ["verified"]
    assert only(intake, "findings", Finding).trust == "verified"


def test_numbers_that_became_texts_are_numbers_and_no_forgery() -> None:
    speaker = Speaker(key=KEY)
    events = [speaker.start(), speaker.invoke()]
    message = json.loads(str(speaker.invoke().message))
    texts = {name: str(value) if isinstance(value, int) else value for name, value in message.items()}
    intake = read([*events, speaker.event(texts), speaker.event(json.dumps(texts))], KEY)
    assert trusts(intake) == ["verified"] * 3
    rows = [row for row in intake.rows["invocations"] if isinstance(row, Invocation)]
    assert rows[1].duration_us == 1234


# ---- forged ---------------------------------------------------------------------------------------


def test_what_the_runtime_marked_is_forged() -> None:
    speaker = Speaker(key=KEY)
    marked = NOT_OURS.decode() + str(speaker.invoke().message).translate(str.maketrans("{}", "()"))
    assert reasons(read([speaker.event(marked)])) == ["printed by function code (marked by the runtime)"]


def test_a_line_without_proof_is_forged_once_its_environment_was_verified() -> None:
    honest, forger = Speaker(key=KEY), Speaker()
    forger.sequence, forger.now = 9, T0 + 30
    assert "missing signature" in reasons(read([honest.start(), forger.invoke()], KEY))[0]


def test_a_wrong_proof_is_forged_once_its_environment_was_verified() -> None:
    honest, forger = Speaker(key=KEY), Speaker(key=OTHER_KEY)
    forger.sequence, forger.now = 9, T0 + 30
    assert "invalid signature" in reasons(read([honest.start(), forger.invoke()], KEY))[0]


def test_a_changed_line_is_forged_whatever_was_changed() -> None:
    honest = Speaker(key=KEY)
    events = [honest.start()]
    text = str(honest.invoke().message)
    for old, new in (("success", "crash"), ('"worker":3', '"worker":4'), (REQUEST, REQUEST[:-1] + "e")):
        assert old in text
        events.append(honest.event(text.replace(old, new)))
    intake = read(events, KEY)
    assert intake.forged == 3


def test_another_environment_in_the_stream_of_one_that_proves_its_lines_is_forged() -> None:
    honest, forger = Speaker(key=KEY), Speaker("ffffffffffffffff")
    intake = read([honest.start(), forger.start(), forger.invoke()], KEY)
    assert intake.forged == 2
    assert "log stream" in reasons(intake)[0]


def test_a_line_in_another_functions_log_is_forged_even_with_its_proof() -> None:
    honest = Speaker(key=KEY)
    event = honest.invoke()
    elsewhere = LogEvent(
        time=event.time, message=event.message, log_group="/aws/lambda/blog", log_stream=STREAM_B
    )
    for keys in ([], [KEY]):
        assert "another function's log" in reasons(read([honest.start(), elsewhere], *keys))[0]


def test_proved_lines_played_again_in_another_stream_are_forged() -> None:
    honest = Speaker(key=KEY)
    event = honest.invoke()
    again = LogEvent(
        time=event.time + 500, message=event.message, log_group="/aws/lambda/shop", log_stream=STREAM_B
    )
    assert "two log streams" in reasons(read([honest.start(), event, again], KEY))[0]


def test_a_sequence_number_used_for_two_lines_is_forged() -> None:
    honest, forger = Speaker(), Speaker()
    events = [honest.start(), honest.invoke()]
    forger.sequence = 1
    intake = read([*events, forger.invoke(outcome="crash")])
    assert "already used" in reasons(intake)[0]


def test_a_sequence_number_that_goes_back_is_forged() -> None:
    honest, forger = Speaker(), Speaker()
    events = [honest.start(), *(honest.invoke() for _ in range(20))]
    forger.sequence, forger.now = 500, T0 + 4000
    ahead = Speaker()
    ahead.sequence, ahead.now = 15, T0 + 5000
    intake = read([*events, ahead.invoke()])
    assert "sequence number decreased" in reasons(intake)[0] or "already used" in reasons(intake)[0]


def test_an_environment_that_never_started_in_the_stream_of_one_that_did_is_forged() -> None:
    honest, forger = Speaker(), Speaker("ffffffffffffffff", began=T0 + 10)
    events = [honest.start(), *(honest.invoke() for _ in range(30))]
    assert "did not start" in reasons(read([*events, forger.invoke()]))[0]


def test_two_environments_at_once_in_a_stream_are_one_too_many() -> None:
    honest, forger = Speaker(), Speaker("ffffffffffffffff", began=T0 + 10)
    events = [honest.start(), *(honest.invoke() for _ in range(30)), forger.start(), forger.invoke()]
    intake = read(events)
    assert intake.forged == 2
    honest, forger = Speaker(), Speaker("ffffffffffffffff", began=T0 + 10)
    events = [honest.start(), honest.invoke(), forger.start()]
    honest.now = T0 + 60
    events += [honest.invoke(), forger.invoke()]
    forger.now = T0 + 90
    intake = read([*events, forger.invoke()])
    assert intake.forged
    assert len(trusts(intake)) >= 2


def test_names_in_disguise_are_forged() -> None:
    text = str(Speaker().invoke().message).replace('"Dayfly"', '"Dayf\\u006cy"')
    assert "obfuscated" in reasons(read([Speaker().event(text)]))[0]


# ---- honest ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [(), (KEY,), (OTHER_KEY, KEY)], ids=["no key", "the key", "two keys"])
@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "proved"])
def test_no_order_of_honest_lines_makes_one_forged(key: bytes | None, keys: tuple[bytes, ...]) -> None:
    """Lines and batches out of order, a stream from its middle, batches twice, restarts, and three lives in one stream."""
    source = random.Random(7)
    for turn in range(60):
        lives: list[LogEvent] = []
        now = T0
        for life in range(3):
            speaker = Speaker(f"{source.getrandbits(64) | 1:016x}", key=key, began=now)
            if life:
                # What init found comes before the first line.
                lives.append(speaker.find(findings.EARLIER_LIFE))
            lives += [speaker.start(), *(speaker.invoke() for _ in range(source.randrange(12)))]
            now = speaker.now + source.choice((0.2, 30, 4000))
        start = source.randrange(len(lives)) if turn % 3 == 0 else 0
        lives = lives[start:]
        batches = [lives[at : at + 5] for at in range(0, len(lives), 5)]
        for batch in batches:
            source.shuffle(batch)
        source.shuffle(batches)
        batches += source.sample(batches, len(batches) // 2)
        reader = LineReader(keys, clock=lambda: T0)
        for batch in batches:
            if source.random() < 0.1:
                reader = LineReader(keys, clock=lambda: T0)
            intake = read(batch, reader=reader)
            assert intake.forged == intake.malformed == 0, (turn, reasons(intake))


def test_rotating_keys_forges_nothing() -> None:
    old = Speaker(key=OTHER_KEY)
    new = Speaker("ffffffffffffffff", key=KEY, stream=STREAM_B)
    events = [speaker.start() for speaker in (old, new)]
    for _ in range(5):
        events += [speaker.invoke() for speaker in (old, new)]
    intake = read(events, KEY, OTHER_KEY)
    assert intake.forged == 0
    assert set(trusts(intake)) == {"verified"}


def test_an_invented_proof_is_a_forgery_though_nobody_contradicts_it() -> None:
    forger = Speaker("eeeeeeeeeeeeeeee", key=bytes(32), stream=STREAM_B)
    intake = read([forger.start(), forger.invoke()], KEY, OTHER_KEY)
    assert trusts(intake) == []
    assert intake.forged == 2
    assert all("not in fleet.key" in reason for reason in reasons(intake))
    assert read([forger.start(), forger.invoke()]).forged == 0


def test_a_group_that_functions_share_names_each_by_its_stream() -> None:
    speaker = Speaker(key=KEY)
    event = speaker.start()
    stream = f"2026/11/26/shop[7]{'ab' * 16}"
    shared = LogEvent(
        time=event.time, message=event.message, log_group="/aws/lambda/others", log_stream=stream
    )
    assert read([shared], KEY).forged == 0


@pytest.mark.parametrize(
    "message",
    [
        "Dayfly",
        'the "Dayfly" line came',
        '{"metadata":{"product":{"name":"Inspector"}},"note":"Dayfly"}',
        '{"finding":{"metadata":{"product":{"name":"Dayfly"}},"class_uid":2004}}',
        '[INFO]\t2026\t{"metadata":{"product":{"name":"Dayfly"}}}',
        '{"unfinished":"' + "Dayfly" * 60_000,
        "",
        "\x00",
        "{" * 100_000,
    ],
)
def test_lines_that_speak_of_dayfly_are_other_lines(message: str) -> None:
    intake = read([Speaker().event(message)])
    assert intake.other == 1


def test_a_broken_line_is_malformed_and_costs_only_itself() -> None:
    speaker = Speaker(key=KEY)
    text = str(speaker.start().message)
    intake = read([speaker.event(text[:300]), speaker.event(text)], KEY)
    assert (intake.malformed, intake.ours) == (1, 1)


def test_lines_of_one_event_are_judged_each() -> None:
    speaker = Speaker(key=KEY)
    text = f"a word\n{speaker.start().message}"
    assert read([speaker.event(text)], KEY).ours == 1


# ---- the platform's -------------------------------------------------------------------------------


def test_the_platforms_lines_become_rows() -> None:
    texts = [
        "INIT_START Runtime Version: python:3.13.v50\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0",
        f"START RequestId: {REQUEST} Version: 7\n",
        f"END RequestId: {REQUEST}\n",
        f"REPORT RequestId: {REQUEST}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 77 MB\tInit Duration: 250.5 ms\tStatus: timeout\n",
    ]
    speaker = Speaker()
    intake = read([speaker.event(text) for text in texts])
    assert intake.platform == 4
    init, start, report = [row for row in intake.rows["platform"] if isinstance(row, Platform)]
    assert (init.kind, start.kind, report.kind) == ("init", "start", "report")
    assert (report.duration_us, report.billed_ms, report.memory_mb, report.used_mb) == (12340, 13, 128, 77)
    assert (report.init_us, report.status, report.request_id) == (250500, "timeout", REQUEST)
    assert (start.version, start.function, start.stream) == ("7", "shop", 0x0123456789ABCDEF)


def test_the_platforms_lines_become_rows_from_json_too() -> None:
    record = {
        "requestId": REQUEST,
        "status": "success",
        "metrics": {
            "durationMs": 12.34,
            "billedDurationMs": 13,
            "memorySizeMB": 128,
            "maxMemoryUsedMB": 77,
            "initDurationMs": 250.5,
        },
    }
    document: dict[str, object] = {
        "time": "2026-11-26T00:00:00.000Z",
        "type": "platform.report",
        "record": record,
    }
    intake = read([Speaker().event(document), Speaker().event(json.dumps(document))])
    for row in intake.rows["platform"]:
        assert isinstance(row, Platform)
        assert (row.kind, row.duration_us, row.billed_ms, row.init_us, row.status) == (
            "report",
            12340,
            13,
            250500,
            "",
        )


def test_a_road_that_knows_function_code_from_the_platform_is_asked() -> None:
    event = LogEvent(time=T0, message=f"START RequestId: {REQUEST} Version: 7", is_platform=False)
    assert read([event]).other == 1


# ---- anything -------------------------------------------------------------------------------------

LINES = [
    str(event.message)
    for key in (None, KEY)
    for speaker in [Speaker(key=key)]
    for event in (
        speaker.start(),
        speaker.invoke(),
        speaker.find(findings.GUARD_CAPABILITY, {"verdict": "used", "kind": "read", "packages": ["a"]}),
        speaker.find(findings.ENVIRONMENT_PACKAGES, {"packages": ["a==1"]}),
    )
] + [
    f"REPORT RequestId: {REQUEST}\tDuration: 1 ms",
    f"START RequestId: {REQUEST}",
    "[not written by Dayfly] x",
]
NAMES = st.sampled_from(
    """metadata product name version message environment sequence time class_uid finding_info types unmapped evidence
    packages resources attacks technique uid proof type record metrics durationMs requestId level timestamp age_ms age_s
    invocation worker request_id severity_id status route trigger source shape""".split()
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "Dayfly",
            "Dayfly: invocation",
            2004,
            "2004",
            ENVIRONMENT,
            REQUEST,
            "platform.report",
            "environment.started",
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
OURS = {"metadata": {"product": {"name": "Dayfly"}}}


def assert_stored(intake: Intake) -> None:
    """Every row can be written, and is within its column's bounds."""
    for rows in intake.rows.values():
        for row in rows:
            json.loads(msgspec.json.encode(row))
            for name in row.__struct_fields__:
                value = getattr(row, name)
                if isinstance(value, int) and not isinstance(value, bool):
                    assert 0 <= value < 2**64
                if isinstance(value, str):
                    value.encode()
                if name in ("time", "received"):
                    assert 0 <= value < 4_102_444_801


@given(
    st.dictionaries(NAMES, VALUES, max_size=8),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, True, False]),
)
def test_no_object_is_an_error(
    record: dict[str, object], is_ours: bool, is_text: bool, is_platform: bool | None
) -> None:
    if is_ours:
        record = (
            {"message": "Dayfly: invocation", "environment": ENVIRONMENT, "class_uid": 2004} | record | OURS
        )
    message: str | dict[str, object] = json.dumps(record) if is_text else record
    event = LogEvent(
        time=T0, message=message, log_group="/aws/lambda/shop", log_stream=STREAM, is_platform=is_platform
    )
    assert_stored(read([event], KEY))


@given(st.sampled_from(LINES), st.data())
def test_no_damage_to_a_line_is_an_error(line: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(at, min(len(line), at + 20)))
        line = (
            line[:at]
            + data.draw(st.text(max_size=5) | st.sampled_from(['"', "{", "\\u00", "\ud800", "\n", "\x00"]))
            + line[end:]
        )
    intake = read([Speaker().event(text) for text in (line, line * 2, line + "\n" + line)], KEY)
    assert_stored(intake)


@given(
    st.text(max_size=50),
    st.text(max_size=30),
    st.text(max_size=60),
    st.floats(),
    st.sampled_from([None, True, False]),
)
def test_no_event_is_an_error(
    message: str, group: str, stream: str, at: float, is_platform: bool | None
) -> None:
    event = LogEvent(time=at, message=message, log_group=group, log_stream=stream, is_platform=is_platform)
    assert_stored(read([event]))


@given(st.lists(st.sampled_from(LINES), max_size=12), st.randoms(use_true_random=False))
def test_what_is_proved_is_never_forged_in_company_of_what_is_not(
    lines: list[str], source: random.Random
) -> None:
    """Whatever else is in the stream, before or after."""
    honest = Speaker("00000000000000aa", key=KEY)
    events = [honest.start(), *(honest.invoke() for _ in range(3))]
    mixed = [*events, *(Speaker().event(line) for line in lines)]
    source.shuffle(mixed)
    intake = read(mixed, KEY)
    own = [
        row for row in intake.rows["invocations"] if isinstance(row, Invocation) and row.environment == 0xAA
    ]
    assert [row.trust for row in own] == ["verified"] * 3


def test_a_published_versions_environments_all_have_the_key_that_one_has() -> None:
    """Who may write to the function's log group makes a stream of his own there."""
    honest = Speaker(key=KEY)
    forger = Speaker("ffffffffffffffff", stream=STREAM_B)
    intake = read([honest.start(), forger.start(), forger.invoke()], KEY)
    assert intake.forged == 2
    assert "version" in reasons(intake)[0]
    latest, plain = (
        Speaker(environment, key=key, stream=stream)
        for environment, key, stream in (
            ("00000000000000aa", KEY, STREAM),
            ("00000000000000bb", None, STREAM_B),
        )
    )
    for speaker in (latest, plain):
        speaker.where = Where(environment=speaker.where.environment, function="shop", version="$LATEST")
    assert read([latest.start(), plain.start()], KEY).forged == 0
