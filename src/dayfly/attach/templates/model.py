"""What is said of a deployment template: its functions, what an edit changes and why something stays open."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dayfly.attach.triggers import LOCK_VARIABLE
from dayfly.attach.wrappers import NEXT_VARIABLE
from dayfly.errors import DayflyError


class TemplateError(DayflyError):
    """A template that cannot be read or edited as a whole; the message names the file and, where known, the line."""


class Kind(StrEnum):
    """Which tool reads the template."""

    SAM = "SAM"
    CLOUDFORMATION = "CloudFormation"
    SERVERLESS = "Serverless Framework"
    TERRAFORM = "Terraform"


# A published version of a layer.
ARN = re.compile(r"arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+$")
# A layer's zip in a bucket, as --layer takes it: s3://bucket/key.
BUCKET = re.compile(r"s3://([^/]+)/(.+)$")


@dataclass(frozen=True, slots=True)
class Options:
    """What attach shall do.

    `layer` is "" for a layer over a zip that lies beside the template (see `zip_for`); else the ARN of a published
    version, `s3://bucket/key`, or the name of something in the template that gives the ARN. `settings` are the
    variables asked for (`DAYFLY_GUARD` and so on); `functions` the names to attach, empty for all. `kept` are the
    settings of functions that were not named and have Dayfly already: they keep both. `locks` is what was chosen for the
    lock of the Runtime API, by function; what `settings` say counts more.
    """

    layer: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
    kept: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    locks: Mapping[str, str] = field(default_factory=dict)

    def settings_of(self, function: str) -> Mapping[str, str]:
        """The variables that one function shall get."""
        lock = {LOCK_VARIABLE: self.locks[function]} if function in self.locks else {}
        return self.kept.get(function, {**lock, **self.settings})

    def keeping(self, attached: Mapping[str, Mapping[str, str]]) -> Options:
        """The same with functions that are attached already and the variables that they have now."""
        others = {
            name: {
                variable: value
                for variable, value in variables.items()
                if variable.startswith("DAYFLY_") and variable != NEXT_VARIABLE
            }
            for name, variables in attached.items()
            if name not in self.functions
        }
        return replace(self, functions=self.functions | others.keys(), kept=others)


@dataclass(frozen=True, slots=True)
class LayerZip:
    """A file beside the template that the template's layer is made of, and the Pythons (`3.12`) it is for."""

    name: str
    pythons: tuple[str, ...]


def zip_for(runtimes: Iterable[str]) -> LayerZip:
    """The zip for functions with these runtimes (`python3.12`).

    Its name says the Pythons: two templates in one folder must not overwrite each other's layer with one that lacks
    their bytecode.
    """
    pythons = {runtime.removeprefix("python") for runtime in runtimes}
    ordered = tuple(
        sorted(pythons, key=lambda one: [int(part) for part in one.split(".") if part.isdecimal()])
    )
    return LayerZip(f"dayfly-layer-{'-'.join(ordered)}.zip", ordered)


def dayfly_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of a function's variables that are Dayfly's."""
    return {name: value for name, value in variables.items() if name.startswith("DAYFLY_")}


def not_as_set(names: Iterable[str]) -> tuple[str, str]:
    """What is said of variables that are not what attach set, and what to do."""
    return (
        f"{', '.join(names)} was changed after attaching",
        "run attach again with the settings that you want",
    )


def local_zip(path: str) -> str:
    """A path that a layer is made of, "" where it is no zip on this machine."""
    return path if path.endswith(".zip") and "://" not in path and "${" not in path else ""


def suffix_for(runtimes: Iterable[str]) -> str:
    """What sets the name of one layer apart from another's: python312, or python311and312 for both."""
    return "python" + "and".join(python.replace(".", "") for python in zip_for(runtimes).pythons)


def groups_of(functions: Iterable[TemplateFunction]) -> list[tuple[str, ...]]:
    """The sets of runtimes that functions may get, each once: each has a layer of its own."""
    return sorted({function.runtimes for function in functions})


# What `zip_for` names, as it stands in a template.
ZIP_NAME = re.compile(r"\bdayfly-layer-\d[\d.-]*\.zip\b")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an edit does; `what` is a sentence part such as `adds the layer`. Never a variable's value."""

    function: str
    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a function (or, where `function` is "", the template) is not protected or not restored, and what to do."""

    function: str
    line: int
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """The template's text after an edit; equal to the text before where nothing was to be done.

    `notes` say what the reader should know about functions that were edited (aliases, SnapStart, other wrappers). `zips`
    are what the template's layers are made of, none where no zip of ours is needed.
    """

    text: str
    changes: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()
    notes: tuple[Gap, ...] = ()
    zips: tuple[LayerZip, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerUse:
    """A layer that a function names; `zip` is the file that it is made of, from the template's folder, "" if there is none."""

    name: str
    zip: str = ""


@dataclass(frozen=True, slots=True)
class TemplateFunction:
    """A function of the template.

    `runtimes` are all that it may get; empty where that cannot be told or the function is an image. `gap` says why
    it is not attached and cannot be by editing; None where attach can do it, or has, or where it is not Python's.
    `settings` are Dayfly's variables whose values the template decides, `layers` what it says of its layers.
    `is_unchecked` says that the gap is a check that could not be made.
    """

    name: str
    line: int
    runtimes: tuple[str, ...]
    is_python: bool
    is_attached: bool
    is_image: bool = False
    gap: Gap | None = None
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    layers: tuple[LayerUse, ...] = ()
    is_unchecked: bool = False


class Template(ABC):
    """A template that was read; every method works on `text` and touches no file."""

    path: str
    kind: Kind
    text: str

    @abstractmethod
    def functions(self) -> list[TemplateFunction]:
        """The functions in the order of the file."""

    @abstractmethod
    def attach(self, options: Options) -> Edited:
        """Dayfly put on every Python function that is asked for; raises TemplateError, e.g. for a wrong `layer`.

        The result's own `detach` gives `text` (without what an earlier attach left) byte for byte.
        """

    @abstractmethod
    def detach(self) -> Edited:
        """What attach put there taken away, and nothing else; what was edited since is left, and is a gap."""

    @abstractmethod
    def masked(self) -> str:
        """The text with the values of the functions' variables and attach's own notes masked, line for line: for a diff."""
