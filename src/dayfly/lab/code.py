"""The code that functions of a lab run: their folders and interpreters, checked and made readable once each."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import functools
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from dayfly.lab.deployment import copy_readable, is_readable_by_others
from dayfly.lab.interpreter import Interpreter, probe_interpreter
from dayfly.lab.model import FunctionConfig, LabError

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Code:
    """What an environment is started from: an interpreter, and the folder as the function's user can read it."""

    interpreter: Interpreter
    folder: Path


@dataclass(frozen=True, slots=True)
class Package:
    """What the API tells about code: `size` of the package, `sha256` in base64, as CodeSha256 is; and what it holds."""

    size: int
    sha256: str
    unpacked_bytes: int


class CodeStore:
    """Loads code for functions and keeps it; copies go to folders in `root`.

    `switches_user` says that functions run as a user who may not read what the lab's own user can.
    """

    def __init__(self, root: Path, *, switches_user: bool) -> None:
        self._root = root
        self._no_code = root / "no-code"
        self._no_code.mkdir(exist_ok=True)
        self._switches_user = switches_user
        self._interpreters: dict[tuple[Path, Path], Interpreter] = {}
        self._codes: dict[tuple[str, Path, Path], Code] = {}
        self._packages: dict[tuple[str, Path, Path], Package] = {}
        self._copies = 0
        # Not the loop's own threads: whoever runs a lab may have them all waiting for its answers.
        self._thread = ThreadPoolExecutor(1, "dayfly-lab-code")

    def close(self) -> None:
        """Let go of the thread; what it does is finished first."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def aside(self, work: Callable[_P, _R], *arguments: _P.args, **options: _P.kwargs) -> _R:
        """Do something that takes its time in the store's thread."""
        call = functools.partial(work, *arguments, **options)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def load(self, config: FunctionConfig, package: Package | None = None) -> Code:
        """Check and keep what `config` names. Raises LabError when its folder or interpreter cannot be used.

        `package` is what it was unpacked from. Code that somebody sent is not asked what the interpreter can do: its
        modules would run unconfined.
        """
        folder = config.folder.resolve()
        if not folder.is_dir():
            raise LabError(
                f"{config.folder} is not a folder", hint="give the folder that contains the handler's file"
            )
        if not os.access(folder, os.R_OK | os.X_OK):
            raise LabError(f"{config.folder} cannot be read", hint="give your user read permission")
        if config.extensions is not None and not config.extensions.is_dir():
            raise LabError(
                f"{config.extensions} is not a folder",
                hint="give a folder that contains the extensions' executables",
            )
        if config.opt is not None and not config.opt.is_dir():
            raise LabError(f"{config.opt} is not a folder", hint="give the folder of an unpacked layer")
        place = (config.python, config.folder)
        interpreter = await self._ask(config.python, folder if package is None else self._no_code)
        if self._switches_user and not await self.aside(is_readable_by_others, folder):
            self._copies += 1
            target = self._root / f"code-{config.name}-{self._copies}"
            if interpreter.client_folder.is_relative_to(folder):
                client_folder = target / interpreter.client_folder.relative_to(folder)
                interpreter = dataclasses.replace(interpreter, client_folder=client_folder)
            folder = await self.aside(copy_readable, folder, target)
        code = Code(interpreter, folder)
        self._codes[(config.name, *place)] = code
        if package is None:
            self._packages.pop((config.name, *place), None)
        else:
            self._packages[(config.name, *place)] = package
        return code

    async def load_interpreter(self, python: Path) -> Code:
        """An interpreter without code of a function's; raises LabError when it cannot be used."""
        return Code(await self._ask(python, self._no_code), self._no_code)

    async def _ask(self, python: Path, folder: Path) -> Interpreter:
        if (python, folder) not in self._interpreters:
            self._interpreters[(python, folder)] = await self.aside(probe_interpreter, python, folder)
        return self._interpreters[(python, folder)]

    def get(self, config: FunctionConfig) -> Code:
        """Precondition: loaded, for this function."""
        return self._codes[(config.name, config.python, config.folder)]

    async def measure(self, config: FunctionConfig) -> Package:
        """Size and hash of the code as it is when first asked for. Precondition: loaded."""
        key = (config.name, config.python, config.folder)
        if key not in self._packages:
            self._packages[key] = await self.aside(measure_folder, self.get(config).folder)
        return self._packages[key]


def measure_folder(folder: Path) -> Package:
    """Size and hash of what a deployment package of `folder` would hold: names, permission to execute, contents."""
    size = 0
    whole = hashlib.sha256()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_symlink():
                content = hashlib.sha256(os.readlink(path).encode(errors="surrogateescape"))
            elif path.is_file():
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, "sha256")
                    size += file.tell()
            else:
                continue
            header = f"{path.relative_to(folder)}\0{int(os.access(path, os.X_OK))}\0".encode(
                errors="surrogateescape"
            )
            whole.update(header + content.digest())
    return Package(size, base64.b64encode(whole.digest()).decode(), size)
