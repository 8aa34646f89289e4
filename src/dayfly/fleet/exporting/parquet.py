"""Writes findings as Parquet files in the folders that Amazon Security Lake expects of a custom source.

DIR/ext/SOURCE/region=eu-west-1/accountId=111122223333/eventDay=20261125/NAME.parquet: one OCSF class (Detection Finding),
zstd, in order of time. Copy DIR to the lake's bucket with `aws s3 sync`, every five minutes or seldomer:
https://docs.aws.amazon.com/security-lake/latest/userguide/custom-sources-best-practices.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from dayfly import __version__
from dayfly.core.findings import ATTACK_VERSION, OCSF_VERSION
from dayfly.errors import DayflyError
from dayfly.fleet.exporting.techniques import NAMES
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store

CHECKPOINT = ".dayfly-export.json"
SOURCE = "dayfly"
# An insert under way may carry an earlier time of writing than one that is in already.
_SETTLED_AFTER = timedelta(seconds=60)
_ROWS_OF_A_FILE = 100_000
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}")
_EPOCH = datetime(1970, 1, 1)
_SETTINGS = {
    "output_format_parquet_compression_method": "zstd",
    "output_format_parquet_string_as_string": 1,
    # Security Lake asks for pages of a megabyte at most.
    "output_format_parquet_data_page_size": 1_048_576,
}


class _Checkpoint(msgspec.Struct, kw_only=True):
    """What was exported: all that was written up to `until`; `pending` is the end of a run that may not have ended."""

    until: float = 0.0
    pending: float = 0.0


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that was written."""

    path: Path
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Destination:
    """Where and what to export: a folder, the source's name there, and what is told where a line did not say it.

    `severity` is the lowest that is told; 2 leaves out what is informational.
    """

    folder: Path
    source: str = SOURCE
    account: str = "000000000000"
    region: str = "us-east-1"
    severity: int = 2


def export_parquet(store: Store, destination: Destination, *, now: datetime) -> Iterator[Exported]:
    """Write what has come since the last export, and yield each file once it is on disk.

    A file's name tells which rows are in it: a run that was interrupted writes the same files again, so nothing is told
    twice and nothing is left out. Raises DayflyError where the folder or its checkpoint is unusable.
    """
    if not _SOURCE_NAME.fullmatch(destination.source):
        raise DayflyError(
            f"{destination.source!r} is not a valid custom source name",
            hint="use up to 20 letters, digits and dashes",
        )
    try:
        yield from _export(store, destination, now)
    except OSError as error:
        raise DayflyError(
            f"{destination.folder}: {error.strerror or error}",
            hint="use a writable folder on a disk with free space",
        ) from error


def _export(store: Store, destination: Destination, now: datetime) -> Iterator[Exported]:
    destination.folder.mkdir(parents=True, exist_ok=True)
    checkpoint = _read(destination.folder)
    settled = (now.astimezone(UTC) - _SETTLED_AFTER).timestamp()
    until = checkpoint.pending or settled
    if until <= checkpoint.until:
        return
    _keep(destination.folder, _Checkpoint(until=checkpoint.until, pending=until))
    limits = {
        "after": _moment(checkpoint.until),
        "until": _moment(until),
        "account": destination.account,
        "region": destination.region,
        "severity": destination.severity,
    }
    for row in store.rows(read_sql("dayfly.fleet.exporting", "sql/partitions"), limits):
        pieces = -(-int(str(row["rows"])) // _ROWS_OF_A_FILE)
        for piece in range(pieces):
            place = {
                "told_account": row["told_account"],
                "told_region": row["told_region"],
                "day": int(str(row["day"])),
            }
            data = store.formatted(
                read_sql("dayfly.fleet.exporting", "sql/detection_findings"),
                {
                    **limits, **place, "piece": piece, "pieces": pieces, "ocsf": OCSF_VERSION, "attack": ATTACK_VERSION,
                    "dayfly": __version__, "techniques": list(NAMES), "technique_names": list(NAMES.values()),
                },
                form="Parquet",
                settings=_SETTINGS,
            )  # fmt: skip
            folder = (
                destination.folder / "ext" / destination.source / f"region={row['told_region']}"
                / f"accountId={row['told_account']}" / f"eventDay={row['day']}"
            )  # fmt: skip
            path = folder / f"dayfly-{int(checkpoint.until * 1000)}-{int(until * 1000)}-{piece}.parquet"
            folder.mkdir(parents=True, exist_ok=True)
            _write(path, data)
            yield Exported(path, -(-int(str(row["rows"])) // pieces), len(data))
    _keep(destination.folder, _Checkpoint(until=until))


def _read(folder: Path) -> _Checkpoint:
    path = folder / CHECKPOINT
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Checkpoint)
    except FileNotFoundError:
        return _Checkpoint()
    except msgspec.DecodeError as error:
        raise DayflyError(
            f"{path} is not an export checkpoint",
            hint="remove it to export everything again, into an empty folder",
        ) from error


def _keep(folder: Path, checkpoint: _Checkpoint) -> None:
    _write(folder / CHECKPOINT, msgspec.json.encode(checkpoint))


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: `aws s3 sync` may run at any moment."""
    half = path.with_name(f".{path.name}.half")
    with half.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(seconds * 1000))
