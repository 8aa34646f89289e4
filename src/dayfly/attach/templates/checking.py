"""Compares what was asked of a template's functions with what the template and the layers' zips really hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dayfly.attach.layerfile import LayerFile, read_layer
from dayfly.attach.layout import LayerError
from dayfly.attach.templates.model import Gap, TemplateFunction
from dayfly.attach.wrappers import check_settings
from dayfly.errors import DayflyError


class Checker:
    """Checks the functions of templates; `asked` are the variables that every function shall have. Reads each zip once."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        self._asked = asked
        self._read: dict[Path, LayerFile | LayerError] = {}

    def check(self, function: TemplateFunction, folder: Path) -> TemplateFunction:
        """Return the function with the first thing that it lacks as its gap; `folder` is the template's. Blocking.

        What is not attached, or has a gap already, stays as it is.
        """
        if not function.is_attached or function.is_image or function.gap is not None:
            return function
        lacks = self._lacks(function, folder)
        if lacks:
            hint = "attach it again: dayfly attach --template, with the settings that you want"
            return replace(function, gap=Gap(function.name, function.line, "; ".join(lacks), hint))
        if not self._layers(function, folder):
            return replace(function, gap=self._unchecked(function, folder), is_unchecked=True)
        return function

    def _lacks(self, function: TemplateFunction, folder: Path) -> list[str]:
        lacks = [
            f"{name}={value} was asked for, and it "
            + (f"is {function.settings[name]}" if name in function.settings else "is not set")
            for name, value in sorted(self._asked.items())
            if function.settings.get(name) != value
        ]
        try:
            check_settings({}, beside=function.settings)
        except DayflyError as error:
            lacks.append(f"it would not start: {error.message}")
        # Files of a later layer win over those of an earlier one.
        for layer in self._layers(function, folder)[-1:]:
            pythons = [runtime.removeprefix("python") for runtime in function.runtimes]
            lacks += [text for python in pythons for text in layer.missing(python, function.settings)]
        return lacks

    def _layers(self, function: TemplateFunction, folder: Path) -> list[LayerFile]:
        """Dayfly's own among the function's layers, as far as their zips are here."""
        found = [self._read_once(folder / use.zip) for use in function.layers if use.zip]
        return [one for one in found if isinstance(one, LayerFile) and one.version]

    def _read_once(self, path: Path) -> LayerFile | LayerError:
        if path not in self._read:
            try:
                self._read[path] = read_layer(path)
            except LayerError as error:
                self._read[path] = error
        return self._read[path]

    def _unchecked(self, function: TemplateFunction, folder: Path) -> Gap:
        faults = [one for use in function.layers if use.zip and (one := self._read_once(folder / use.zip))]
        reasons = [fault.message for fault in faults if isinstance(fault, LayerError)]
        names = ", ".join(use.name for use in function.layers) or "its layers"
        reason = reasons[0] if reasons else f"no zip of {names} is here"
        return Gap(
            function.name,
            function.line,
            f"could not check what its layer holds: {reason}",
            "dayfly attach --template builds the zip; of a published layer, `dayfly status FUNCTION` reads it after deployment",
        )
