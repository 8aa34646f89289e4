"""Log files and CloudTrail's files into a running collector."""

from __future__ import annotations

import gzip
import io
import zlib
from hashlib import blake2b
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.envelopes import Whose, WireLine, version_of
from dayfly.fleet.lifetimes.messages import is_stream, name_of_function
from dayfly.fleet.lifetimes.reading import FileEvent, FileReader, NoLogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dayfly.fleet.ingest.shipping import Shipper

STDIN = "-"
_GZIP = b"\x1f\x8b"
# How CloudTrail's files begin, whatever comes in between: {"Records":[{"eventVersion":
_TRAIL_HEAD = (b'"Records"', b'"event')
_TRAIL_ONE = b'"eventVersion"'
_MAX_TRAIL_BYTES = 60 << 20


class Importer:
    """Imports files one after another; `not_understood` counts what was no event in them."""

    def __init__(self, shipper: Shipper, *, whose: Whose | None = None) -> None:
        self._shipper = shipper
        self._whose = whose or Whose()
        self._reader = FileReader(is_bare=True)
        self.trails = 0
        # Files in folders that are no logs: one stray file must not keep the others out.
        self.strays: list[str] = []

    @property
    def not_understood(self) -> int:
        """How many events were none."""
        return self._reader.not_understood

    def read(self, file: IO[bytes], path: str) -> None:
        """Send one file. Raises DayflyError where it is no log, or the collector does not take it."""
        buffered: io.BufferedReader = io.BufferedReader(cast("io.RawIOBase", file))
        if _is_trail(buffered):
            self._send_trail(buffered, path)
            return
        self._shipper.add_all(self._line(event) for event in self._reader.events(buffered, path))

    def _line(self, event: FileEvent) -> WireLine:
        # A path is no stream: the lines of many environments may lie in one file.
        stream = event.stream if is_stream(event.stream) else self._whose.log_stream
        group = event.group or self._whose.log_group
        function = self._whose.function or event.function or name_of_function(stream, group)
        return WireLine(
            time=event.time,
            message=event.message,
            stream=stream,
            group=group,
            function=function,
            account=event.account or self._whose.account,
            region=event.region or self._whose.region,
            version=event.version or self._whose.version or version_of(stream),
        )

    def _send_trail(self, file: io.BufferedReader, path: str) -> None:
        data = file.read(_MAX_TRAIL_BYTES + 1)
        if data[:2] == _GZIP:
            try:
                with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                    data = packed.read(_MAX_TRAIL_BYTES + 1)
            except (OSError, EOFError) as error:
                raise DayflyError(f"{path} is damaged: {error}", hint="download it again") from error
        if len(data) > _MAX_TRAIL_BYTES:
            raise DayflyError(
                f"{path} has more than {_MAX_TRAIL_BYTES:,} bytes",
                hint="use the files that CloudTrail writes, which are smaller",
            )
        self._shipper.post("/ingest/trail", data, token=blake2b(data, digest_size=16).hexdigest())
        self.trails += 1


def files_of(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file of these files and folders, in a fixed order, and whether it was named itself. Raises DayflyError for a folder that has none."""
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        # `aws-logs-write-test` is what an export to S3 leaves beside the streams.
        inside = sorted(one for one in path.rglob("*") if one.is_file() and one.name != "aws-logs-write-test")
        if not inside:
            raise DayflyError(f"{path} has no files", hint="give a folder with log files")
        yield from ((one, False) for one in inside)


def import_files(
    importer: Importer, paths: Sequence[Path], stdin: IO[bytes], *, begun: Callable[[str], None]
) -> int:
    """Import files, folders and `-`; return how many files there were. `begun` is told each name."""
    count = 0
    for path, is_named in files_of(paths):
        begun(str(path))
        count += 1
        if str(path) == STDIN:
            importer.read(stdin, "standard input")
            continue
        try:
            file = path.open("rb", buffering=0)
        except OSError as error:
            raise DayflyError(f"cannot read {path}: {error.strerror}", hint="give log files") from error
        with file:
            try:
                importer.read(cast("IO[bytes]", file), str(path))
            except NoLogError:
                if is_named:
                    raise
                importer.strays.append(str(path))
    return count


def _is_trail(file: io.BufferedReader) -> bool:
    """Whether this file is CloudTrail's, by how it begins."""
    head = file.peek(8192)[:8192]
    if head[:2] == _GZIP:
        try:
            head = zlib.decompressobj(31).decompress(head, 4096)
        except zlib.error:
            return False
    head = head[:4096].lstrip()
    if head[:1] not in (b"{", b"["):
        return False
    has_records = _TRAIL_HEAD[0] in head[:64] and _TRAIL_HEAD[1] in head
    return has_records or (_TRAIL_ONE in head[:64] and b'"eventSource"' in head)
