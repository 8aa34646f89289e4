"""Compares what was asked of a template's functions with what the template and the layers' zips really hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from dayfly.attach.layerfile import LayerFile, read_layer
from dayfly.attach.layout import LayerError
from dayfly.attach.live.model import is_runtime_layer
from dayfly.attach.templates.model import ARN, Gap, LayerUse, TemplateFunction
from dayfly.attach.wrappers import check_settings
from dayfly.errors import DayflyError


class Checker:
    """Checks the functions of templates; `asked` are the variables that every function shall have.

    `published` returns a layer by its ARN, or in words why it could not be read. Each layer is read once.
    """

    def __init__(
        self,
        asked: Mapping[str, str],
        published: Callable[[str], LayerFile | str] = lambda _arn: (
            "the layer is published, and template checks do not access AWS"
        ),
    ) -> None:
        self._asked = asked
        self._published = published
        self._read: dict[str, LayerFile | str] = {}

    def check(self, function: TemplateFunction, folder: Path) -> TemplateFunction:
        """Return the function with the first thing that it lacks as its gap; `folder` is the template's. Blocking.

        What is not attached, or has a gap already, stays as it is.
        """
        if not function.is_attached or function.is_image or function.gap is not None:
            return function
        lacks = self._lacks(function, folder)
        if lacks:
            hint = "run dayfly attach --template again with the settings that you want"
            return replace(function, gap=Gap(function.name, function.line, "; ".join(lacks), hint))
        if not self._layers(function, folder):
            return replace(function, gap=self._unchecked(function, folder), is_unchecked=True)
        return function

    def _lacks(self, function: TemplateFunction, folder: Path) -> list[str]:
        lacks = [
            f"{name}={value} was requested, but it "
            + (f"is {function.settings[name]}" if name in function.settings else "is not set")
            for name, value in sorted(self._asked.items())
            if function.settings.get(name) != value
        ]
        try:
            check_settings({}, beside=function.settings)
        except DayflyError as error:
            lacks.append(f"it could not start: {error.message}")
        # Files of a later layer win over those of an earlier one.
        for layer in self._layers(function, folder)[-1:]:
            pythons = [runtime.removeprefix("python") for runtime in function.runtimes]
            lacks += [text for python in pythons for text in layer.missing(python, function.settings)]
        return lacks

    def _layers(self, function: TemplateFunction, folder: Path) -> list[LayerFile]:
        """Dayfly's own among the function's layers, as far as their zips are here."""
        found = [self._read_once(use, folder) for use in function.layers]
        return [one for one in found if isinstance(one, LayerFile) and one.version]

    def _read_once(self, use: LayerUse, folder: Path) -> LayerFile | str:
        key = str(folder / use.zip) if use.zip else use.name
        if key not in self._read:
            self._read[key] = self._read_now(use, folder)
        return self._read[key]

    def _read_now(self, use: LayerUse, folder: Path) -> LayerFile | str:
        if use.zip:
            try:
                return read_layer(folder / use.zip)
            except LayerError as error:
                return error.message
        if ARN.match(use.name):
            return (
                self._published(use.name)
                if is_runtime_layer(use.name)
                else "its name is not the name of a Dayfly layer"
            )
        return "the template does not contain its file name"

    def _unchecked(self, function: TemplateFunction, folder: Path) -> Gap:
        reasons = [f"{use.name}: {self._read_once(use, folder)}" for use in function.layers]
        return Gap(
            function.name,
            function.line,
            f"could not check the contents of its layer ({'; '.join(reasons)})",
            "dayfly attach --template builds the zip of a local layer; `dayfly status FUNCTION` reads a published one after deployment",
        )
