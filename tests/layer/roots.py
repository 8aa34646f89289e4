"""The root file systems of container images on this machine: what an image holds, and nothing else of this machine."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.confined import TASK_ROOT
from tests.interpreters import Interpreter
from tests.layer.managed import client_packages
from tests.rie import ROOT
from tests.runtimes import RuntimeProcess

EXAMPLES = ROOT / "docs" / "container"
# Neither in passwd nor the owner of anything.
UID = "48151"


def instruction(dockerfile: str, name: str) -> list[str]:
    """The words of an instruction in its JSON form; the last one counts, as for Docker."""
    lines = (EXAMPLES / dockerfile).read_text().splitlines()
    line = [line for line in lines if line.startswith(f"{name} ")][-1]
    words = json.loads(line.removeprefix(f"{name} "))
    assert isinstance(words, list)
    return words


def make_venv(folder: Path, interpreter: Interpreter, *, has_dayfly: bool) -> Path:
    """What `python -m venv` and pip leave of awslambdaric, and of Dayfly, without either of them."""
    packages = folder / "lib" / f"python{interpreter.version}" / "site-packages"
    shutil.copytree(client_packages(interpreter, ">=4,<5"), packages)
    if has_dayfly:
        ignored = shutil.ignore_patterns("__pycache__", "scan", "fleet", "lab", "cli")
        shutil.copytree(ROOT / "src" / "dayfly", packages / "dayfly", ignore=ignored)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(interpreter.path)
    home = Path(interpreter.path).parent
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    return folder


@dataclass(frozen=True)
class Root:
    """An image: an interpreter with its libraries, a virtual environment at /venv, perhaps a layer at /opt, and a shell."""

    interpreter: Interpreter
    venv: Path
    opt: Path | None = None
    has_shell: bool = False

    def wrap(self, command: Sequence[str], task: Path) -> list[str]:
        """The command line that runs `command` in it: root read-only, /tmp alone to be written, a user without a home."""
        bwrap = shutil.which("bwrap")
        assert bwrap is not None
        prefix = Path(self.interpreter.path).resolve().parent.parent
        line = [bwrap, "--die-with-parent", "--unshare-user", "--uid", UID, "--gid", UID]
        line += ["--unshare-pid", "--unshare-ipc", "--ro-bind", "/usr/lib", "/usr/lib"]
        for name in ("lib64", "bin"):
            if name == "lib64" or self.has_shell:
                line += ["--ro-bind-try", f"/usr/{name}", f"/usr/{name}"]
        for name in ("lib", "lib64", "bin"):
            line += ["--symlink", f"usr/{name}", f"/{name}"]
        if prefix != Path("/usr"):
            line += ["--ro-bind", str(prefix), str(prefix)]
        elif not self.has_shell:
            line += ["--ro-bind", self.interpreter.path, self.interpreter.path]
        line += ["--ro-bind", str(self.venv), "/venv", "--ro-bind", str(task), TASK_ROOT]
        if self.opt is not None:
            line += ["--ro-bind", str(self.opt), "/opt"]
        line += [
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--perms",
            "1777",
            "--tmpfs",
            "/tmp",
            "--remount-ro",
            "/",
        ]
        return [*line, "--chdir", TASK_ROOT, "--", *command]


class RootRuntime(RuntimeProcess):
    """A function in such an image, in front of the fake Runtime API; `command` is entry point and command."""

    def __init__(
        self, root: Root, command: Sequence[str], *, environment: dict[str, str], folder: Path = EXAMPLES
    ) -> None:
        super().__init__(
            folder, command[-1], runtime="dayfly", environment={"PATH": "", **environment}, telemetry=True
        )
        self._command = root.wrap(command, folder)
