"""Builds Dayfly's layer for the Python of a function and publishes it, once for each Python, however many functions ask."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.attach.aws.calls import Caller
from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.aws.wording import DeniedError
from dayfly.attach.build import BuiltLayer, build_layer
from dayfly.attach.layerfile import LayerFile, read_layer
from dayfly.attach.live.model import LayerOffer
from dayfly.attach.publishing import ARCHITECTURES, LayerVersion, find_published, publish

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Build = Callable[[Path, Sequence[str]], BuiltLayer]


@dataclass(frozen=True, slots=True)
class _Made:
    file: LayerFile
    unzipped: int
    is_compiled: bool


class BuiltLayers:
    """Makes layers on this machine; threads may share it, and wait for each other's layer of the same Python."""

    def __init__(self, caller: Caller, client: LambdaClient, *, build: Build = build_layer) -> None:
        self._caller = caller
        self._client = client
        self._build = build
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._made: dict[str, _Made] = {}
        self._found: dict[str, LayerVersion | None] = {}

    def preview(self, facts: FunctionFacts) -> LayerOffer:
        """Build the layer and look whether it is published; its ARN is "" where it is not, or where that may not be read."""
        python = facts.runtime.removeprefix("python")
        with self._lock_of(python):
            made = self._layer(python)
            if python not in self._found:
                try:
                    self._found[python] = find_published(
                        self._caller, self._client, made.file, name=made.file.name
                    )
                except DeniedError:
                    self._found[python] = None
            return _offer(made, self._found[python])

    def offer(self, facts: FunctionFacts) -> LayerOffer:
        """Return the layer, published if it was not; raises CallError where that is refused, LayerError from building."""
        python = facts.runtime.removeprefix("python")
        with self._lock_of(python):
            made = self._layer(python)
            version = self._found.get(python)
            if version is None:
                version = publish(self._caller, self._client, made.file, name=made.file.name)
                self._found[python] = version
            return _offer(made, version)

    def _lock_of(self, python: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(python, threading.Lock())

    def _layer(self, python: str) -> _Made:
        if python not in self._made:
            with tempfile.TemporaryDirectory(prefix="dayfly-layer-") as folder:
                built = self._build(Path(folder) / "layer.zip", (python,))
                file = read_layer(built.path)
            self._made[python] = _Made(file, built.unzipped_bytes, not built.not_compiled)
        return self._made[python]


def _offer(made: _Made, version: LayerVersion | None) -> LayerOffer:
    name = made.file.name
    text = version.arn if version else f"{name}, to be published now"
    if not made.is_compiled:
        text += " (without bytecode, since this machine lacks that Python: it is compiled at each cold start)"
    return LayerOffer(
        text,
        version.arn if version else "",
        size=len(made.file.data),
        unzipped=made.unzipped,
        pythons=tuple(runtime.removeprefix("python") for runtime in made.file.runtimes),
        architectures=ARCHITECTURES,
        contents=made.file,
    )
