"""The policy's layer: the same bytes for the same policy, published once, and never taken for another."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from tests.attach.live.aws import error, make_caller
from tests.attach.rollout.conftest import Scene

from dayfly.attach.rollout.policylayer import build, publish, staged, unpack
from dayfly.core.policylayer import PLACE, digest_of, parse
from dayfly.errors import DayflyError
from dayfly.policy.document import parse_document

TEXT = '# ours\n[policy]\n[policy.network]\nallow = ["pay.example:443"]\n'


def test_it_holds_the_policy_where_the_runtime_looks() -> None:
    made = build(TEXT)
    with zipfile.ZipFile(io.BytesIO(made.zip)) as file:
        data = file.read(PLACE.removeprefix("/opt/"))
    assert digest_of(data) == made.digest
    assert parse(data).allows("network", "pay.example:443", ("function",), "invoke").is_allowed
    assert build(TEXT) == made
    assert unpack(made.zip, digest=made.digest) == TEXT


@pytest.mark.parametrize("text", ["", "[scan]\n", "policy = 3\n"])
def test_what_has_no_policy_makes_no_layer(text: str) -> None:
    with pytest.raises(DayflyError, match=r"no \[policy\]"):
        build(text)


def test_a_policy_that_is_staged_neither_observes_nor_blocks_by_itself() -> None:
    text = (
        '[policy]\n# why\nmode = "observe"\npromote_after = "14d"\nquiet_since = 2026-01-01\n'
        '[policy.network]\nmode = "block"\nallow = []\n'
    )
    policy = parse_document(staged(text)).policy()
    assert (policy.mode, policy.promote_after) == ("", 0.0)
    assert policy.mode_of("read", "block") == "block"
    # Somebody wanted that.
    assert policy.mode_of("network", "observe") == "block"
    assert "# why" in staged(text)
    assert staged(TEXT) == TEXT


def _zip(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(f"dayfly.policy/policy.{name}", data)
    return buffer.getvalue()


def test_a_zip_that_says_one_thing_to_people_and_another_to_the_runtime_is_refused() -> None:
    other = build("[policy]\n")
    with zipfile.ZipFile(io.BytesIO(other.zip)) as file:
        data = file.read("dayfly.policy/policy.json")
    for hostile in (
        b"",
        b"PK",
        _zip(json=b"{}"),
        _zip(json=data, toml=TEXT.encode()),
        _zip(json=data, toml=b"\xff"),
        _zip(json=data, toml=b"[policy"),
        _zip(json=data, toml=TEXT.encode())[:-60],
        other.zip.replace(b"PK\x01\x02", b"PK\x01\x03"),
    ):
        with pytest.raises(DayflyError):
            unpack(hostile)
    with pytest.raises(DayflyError, match="too large"):
        unpack(_zip(json=data, toml=b"#" * 2_000_000))
    with pytest.raises(DayflyError, match="not the same"):
        unpack(other.zip, digest=build(TEXT).digest)


def test_the_same_policy_is_published_once(scene: Scene) -> None:
    client: Any = scene.aws
    caller = make_caller(scene.time)
    first = publish(caller, client, "payments", build(TEXT))
    assert first.rpartition(":")[0].endswith(":layer:dayfly-policy-payments")
    assert publish(caller, client, "payments", build(TEXT)) == first
    assert publish(caller, client, "payments", build("[policy]\n")) != first


def test_an_answer_that_was_lost_publishes_nothing_twice(scene: Scene) -> None:
    client: Any = scene.aws

    def lose(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "publish_layer_version":
            raise error("PublishLayerVersion", "ServiceException", status=500)

    scene.aws.after.append(lose)
    arn = publish(make_caller(scene.time), client, "payments", build(TEXT))
    versions = scene.aws.client.list_layer_versions(LayerName="dayfly-policy-payments")["LayerVersions"]
    assert [one["LayerVersionArn"] for one in versions] == [arn]
