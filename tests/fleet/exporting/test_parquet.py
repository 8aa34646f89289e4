"""Exported files are OCSF, where Security Lake looks for them, complete, and written once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet  # type: ignore[import-untyped]
import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from dayfly.errors import DayflyError
from dayfly.fleet.exporting.parquet import CHECKPOINT, Destination, export_parquet
from dayfly.fleet.records.rows import Detection, Finding
from dayfly.fleet.store.store import Store

_NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
_AT = _NOW.timestamp()
_LATER = datetime(2100, 1, 1, tzinfo=UTC)


def _detection(uid: str, *, at: float = _AT, updated: float = _AT, **more: object) -> Detection:
    values: dict[str, object] = {
        "uid": uid, "updated": updated, "rule": "repetitive", "title": "One source, many environments", "severity": 4,
        "reasons": ["spread"], "technique": "T1110.004, T1078", "story": "somebody knocked on 30 doors",
        "account": "111122223333", "region": "eu-west-1", "functions": ["shop", "login"], "environments": [1, 2**64 - 1],
        "environments_all": 30, "request_ids": ["00000000-0000-4000-8000-000000000001"], "events": 90,
        "first_time": at - 60, "last_time": at, "facts": '{"statuses": {"404": 90}}',
    }  # fmt: skip
    return Detection(**{**values, **more})  # type: ignore[arg-type]  # checked by ClickHouse


def _finding(number: int, **more: object) -> Finding:
    values: dict[str, object] = {
        "time": _AT - number, "account": "111122223333", "region": "eu-west-1", "function": "shop", "version": "7",
        "environment": 0xAB, "sequence": number, "uid": f"00000000000000ab:{number}:residue.memory", "kind": "residue.memory",
        "severity": 5, "technique": "T1574", "title": "planted", "message": "Dayfly: planted",
    }  # fmt: skip
    return Finding(**{**values, **more})  # type: ignore[arg-type]  # checked by ClickHouse


def _read(folder: Path) -> dict[str, list[dict[str, object]]]:
    return {
        str(path.parent.relative_to(folder)): pyarrow.parquet.ParquetFile(path).read().to_pylist()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_files_are_ocsf_in_the_folders_of_security_lake(store: Store, shards: Store, tmp_path: Path) -> None:
    store.insert(
        "detections", [_detection("d1"), _detection("d2", at=_AT - 86_400, account="", region="../../etc")]
    )
    store.insert("findings", [_finding(1), _finding(2), _finding(3, severity=1)])
    for name, reader in (("whole", store), ("shards", shards)):
        folder = tmp_path / name
        written = list(export_parquet(reader, Destination(folder), now=_LATER))
        found = _read(folder)
        assert sorted(found) == [
            "ext/dayfly/region=eu-west-1/accountId=111122223333/eventDay=20261125",
            "ext/dayfly/region=us-east-1/accountId=000000000000/eventDay=20261124",
        ]
        assert sum(one.rows for one in written) == 4
        rows = [row for part in found.values() for row in part]
        assert len(rows) == 4
        for row in rows:
            DetectionFinding.model_validate({**row, "unmapped": json.loads(str(row["unmapped"]))})
        first = found["ext/dayfly/region=eu-west-1/accountId=111122223333/eventDay=20261125"]
        assert [row["time"] for row in first] == sorted(int(str(row["time"])) for row in first)
        memory = json.loads(str(first[0]["unmapped"]))
        assert memory["environments"] == ["00000000000000ab"]
        detection = json.loads(str(first[-1]["unmapped"]))
        assert detection["environments"] == ["0000000000000001", "ffffffffffffffff"]
        attacks = first[-1]["finding_info"]["attacks"]  # type: ignore[index]  # a struct
        assert [tuple(one["technique"].values()) for one in attacks] == [
            ("T1110.004", "Credential Stuffing"), ("T1078", "Valid Accounts"),
        ]  # fmt: skip
        chunk = pyarrow.parquet.ParquetFile(written[0].path).metadata.row_group(0).column(0)
        assert chunk.compression == "ZSTD"


def test_only_what_is_new_is_exported_and_updates_are_told_as_such(store: Store, tmp_path: Path) -> None:
    destination = Destination(tmp_path)
    store.insert("detections", [_detection("d1")])
    assert len(list(export_parquet(store, destination, now=datetime(2026, 11, 25, 13, tzinfo=UTC)))) == 1
    assert list(export_parquet(store, destination, now=datetime(2026, 11, 25, 14, tzinfo=UTC))) == []
    store.insert(
        "detections",
        [_detection("d1", updated=_AT + 3 * 3600, events=200), _detection("d2", updated=_AT + 3 * 3600)],
    )
    list(export_parquet(store, destination, now=datetime(2026, 11, 25, 16, tzinfo=UTC)))
    rows = [
        row
        for path in sorted(tmp_path.rglob("*.parquet"))
        for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()
    ]
    assert [(row["finding_info"]["uid"], row["activity_id"], row["count"]) for row in rows] == [
        ("d1", 1, 90), ("d1", 2, 200), ("d2", 2, 90),
    ]  # fmt: skip


def test_an_interrupted_export_writes_the_same_files_again(store: Store, tmp_path: Path) -> None:
    destination = Destination(tmp_path)
    store.insert("detections", [_detection("d1"), _detection("d2", at=_AT - 86_400)])
    begun = export_parquet(store, destination, now=datetime(2026, 11, 25, 13, tzinfo=UTC))
    next(begun)
    begun.close()  # type: ignore[attr-defined]  # a generator
    store.insert("detections", [_detection("d3", updated=_AT + 7200)])
    list(export_parquet(store, destination, now=datetime(2026, 11, 25, 18, tzinfo=UTC)))
    list(export_parquet(store, destination, now=datetime(2026, 11, 25, 19, tzinfo=UTC)))
    rows = [row for part in [_all(path) for path in tmp_path.rglob("*.parquet")] for row in part]
    assert sorted(rows) == ["d1", "d2", "d3"]
    assert not list(tmp_path.rglob("*.half"))


def _all(path: Path) -> list[str]:
    return [row["finding_info"]["uid"] for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()]


def test_what_cannot_be_is_an_error_with_a_hint(store: Store, tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_text("{")
    with pytest.raises(DayflyError, match="not an export checkpoint"):
        list(export_parquet(store, Destination(tmp_path), now=_NOW))
    with pytest.raises(DayflyError, match="custom source"):
        list(export_parquet(store, Destination(tmp_path, source="../x"), now=_NOW))
    with pytest.raises(DayflyError, match="Not a directory"):
        list(export_parquet(store, Destination(tmp_path / CHECKPOINT / "x"), now=_NOW))
