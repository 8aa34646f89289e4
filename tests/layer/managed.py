"""A managed runtime's file system on this machine: /var/lang, /var/runtime, /opt, /var/task, and Lambda's PID 1."""

from __future__ import annotations

import fcntl
import functools
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.confined import LIMITS, TASK_ROOT, Confinement, confinement_here, unused_uid
from tests.interpreters import CACHE, Interpreter, environment_python
from tests.lambda_refusals import under_refusals
from tests.rie import Rie
from tests.runtimes import Pair, RuntimeProcess, Seen

from dayfly.attach.build import build_layer

HERE = Path(__file__).parent
WRAPPER = "/opt/dayfly"
CLIENT_PARTS = ("awslambdaric", "simplejson", "snapshot_restore_py.py")


@dataclass(frozen=True)
class Image:
    """A managed runtime: an interpreter and its awslambdaric, `client` its version specifier or empty for none."""

    interpreter: Interpreter
    client: str

    @property
    def binds(self) -> list[tuple[Path, str]]:
        """What is shown read-only, and where."""
        version = self.interpreter.version
        root = Path(self.interpreter.path).resolve().parent.parent
        packages = client_packages(self.interpreter, self.client) if self.client else None
        binds = [(HERE / "image" / name, f"/var/runtime/{name}") for name in ("bootstrap", "bootstrap.py")]
        if root == Path("/usr"):
            # Debian's own Python ignores site-packages; what an image brings then lies in /var/runtime, as on
            # Lambda's Pythons up to 3.10.
            binds += [
                (root / "bin" / f"python{version}", f"/var/lang/bin/python{version}"),
                (root / "lib" / f"python{version}", f"/var/lang/lib/python{version}"),
            ]
            where = "/var/runtime"
        else:
            binds += [(root, "/var/lang")]
            where = f"/var/lang/lib/python{version}/site-packages"
        if packages is not None and where == "/var/runtime":
            binds += [(path, f"{where}/{path.name}") for path in sorted(packages.iterdir())]
        elif packages is not None:
            binds += [(packages, where)]
        elif where != "/var/runtime":
            binds += [(_empty(), where)]
        return binds


def client_packages(interpreter: Interpreter, client: str) -> Path:
    """A folder with awslambdaric of this version and what it needs, nothing else. Safe from many processes."""
    python = environment_python(interpreter, awslambdaric=client)
    target = CACHE / f"{python.parent.parent.name}-packages"
    with (CACHE / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            part = Path(tempfile.mkdtemp(dir=CACHE))
            part.chmod(0o755)
            (source,) = python.parent.parent.glob("lib/python3.*/site-packages")
            for path in source.iterdir():
                if path.name in CLIENT_PARTS:
                    copy = shutil.copytree if path.is_dir() else shutil.copy
                    copy(path, part / path.name)
                elif path.name.startswith("runtime_client."):
                    shutil.copy(path, part / path.name)
            part.rename(target)
    return target


@functools.cache
def _empty() -> Path:
    folder = CACHE / "empty"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def unpacked_layer(folder: Path, pythons: Sequence[str]) -> Path:
    """Build the layer as the command does and unpack it into `folder` as Lambda does into /opt."""
    built = build_layer(folder.parent / f"{folder.name}.zip", pythons)
    unpack(built.path, folder)
    return folder


def unpack(layer: Path, folder: Path) -> None:
    """Unpack with the modes the archive names, which zipfile itself ignores."""
    with zipfile.ZipFile(layer) as file:
        for info in file.infolist():
            path = Path(file.extract(info, folder))
            path.chmod(info.external_attr >> 16 & 0o777)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


def confine(
    command: Sequence[str],
    image: Image,
    *,
    task: Path,
    opt: Path | None,
    is_rapid: bool,
    opt_writable: bool = False,
    tmp: Sequence[str] = ("--perms", "1777", "--tmpfs", "/tmp"),
    starts: int = 1,
) -> list[str]:
    """The command line that runs `command` where a managed runtime has its files, unprivileged, /tmp empty or as `tmp` has it.

    With `is_rapid` PID 1 is a program by the name of Lambda's own, as another user, that waits for the
    command, and starts it `starts` times in a row; else the command is PID 1. Precondition: this machine confines.
    """
    confinement = confinement_here()
    assert confinement.kind != "none", confinement.reason
    bwrap = shutil.which("bwrap")
    assert bwrap is not None
    line = [bwrap, "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    line += ["--unshare-pid", "--unshare-ipc", "--as-pid-1", *tmp]
    for folder in ("/root", "/var", "/opt"):
        line += ["--perms", "0755", "--tmpfs", folder]
    for source, target in [*image.binds, (task, TASK_ROOT), *([(opt, "/opt")] if opt else [])]:
        # bwrap makes missing parents with mode 0700, which would shut the unprivileged user out.
        for parent in reversed(Path(target).parents):
            if parent.is_relative_to("/var"):
                line += ["--perms", "0755", "--dir", str(parent)]
        line += ["--bind" if opt_writable and target == "/opt" else "--ro-bind", str(source), target]
    line += ["--chdir", TASK_ROOT]
    if is_rapid:
        # `"$@"; exit $?`: with one command alone the shell would become it.
        command = [
            "bash",
            "-c",
            "exec -a /var/rapid/init sh -c '" + '"$@"; ' * starts + 'exit $?\' init "$@"',
            "bash",
            *_as_user(command),
        ]
        return [*line, *_privileges(), *command]
    return [*line, *_privileges(), *_as_user(command)]


def _privileges() -> list[str]:
    if confinement_here().kind == "bwrap-user":
        uid = str(unused_uid())
        return ["--unshare-user", "--uid", uid, "--gid", uid]
    return [word for name in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{name}")]


def _as_user(command: Sequence[str]) -> list[str]:
    if confinement_here().kind == "bwrap-user":
        return ["prlimit", *LIMITS, *command]
    uid = unused_uid()
    user = [
        "setpriv",
        f"--reuid={uid}",
        f"--regid={uid}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
    ]
    return ["prlimit", *LIMITS, *user, *command]


def image_variables(image: Image, handler: str, wrapper: str) -> dict[str, str]:
    """What Lambda sets before it starts the image's bootstrap."""
    variables = {
        "_HANDLER": handler,
        "IMAGE_PYTHON": image.interpreter.version,
        "LAMBDA_TASK_ROOT": TASK_ROOT,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/opt/lib",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    }
    return {**variables, **({"AWS_LAMBDA_EXEC_WRAPPER": wrapper} if wrapper else {})}


def reason_of(said: str, start: str) -> str:
    """The reason in a log's record that begins with `start`.

    A zygote may have named what it met before; behind it comes the finding, unless Dayfly cannot be loaded at all.
    """
    lines = said.splitlines()
    found = [line for line in lines if line.startswith(start)]
    assert len(found) == 1, said
    before, behind = lines[: lines.index(found[0])], lines[lines.index(found[0]) + 1 :]
    assert not before or (len(before) == 1 and before[0].startswith("dayfly: ")), said
    assert not behind or (len(behind) == 1 and '"environment.unprotected"' in behind[0]), said
    return found[0].removeprefix(start)


def look(plain: RuntimeProcess, dayfly: RuntimeProcess) -> tuple[Seen, Seen]:
    """What `managed.view` sees of both."""
    return Pair(plain, dayfly).look({"descriptors": True})


def started_as(runtime: RuntimeProcess) -> dict[str, object]:
    """The evidence of the finding that says what is active."""
    frames = runtime.telemetry()
    at = frames.index('{"activity_id"')
    record = json.JSONDecoder().raw_decode(frames[at:])[0]
    evidence = record["unmapped"]["evidence"]
    assert isinstance(evidence, dict)
    return evidence


def finding_of(said: str, kind: str) -> dict[str, object]:
    """The only finding of one kind among the lines of a log."""
    (found,) = (line for line in said.splitlines() if f'"types":["{kind}"]' in line)
    record = json.loads(found)
    assert isinstance(record, dict)
    return record


class ManagedRuntime(RuntimeProcess):
    """A function on a managed runtime, started as Lambda does, in front of the fake Runtime API.

    `wrapper` is AWS_LAMBDA_EXEC_WRAPPER, empty for the runtime without Dayfly. `opt` appears as /opt.
    """

    def __init__(
        self,
        folder: Path,
        handler: str,
        image: Image,
        *,
        opt: Path | None,
        wrapper: str = WRAPPER,
        environment: Mapping[str, str] | None = None,
        telemetry: bool = False,
        opt_writable: bool = False,
        tmp: Sequence[str] = ("--perms", "1777", "--tmpfs", "/tmp"),
        starts: int = 1,
    ) -> None:
        variables = image_variables(image, handler, wrapper) | dict(environment or {})
        super().__init__(
            folder,
            handler,
            runtime="dayfly" if wrapper else "plain",
            environment=variables,
            telemetry=telemetry,
        )
        self._command = confine(
            ["/var/runtime/bootstrap"],
            image,
            task=folder,
            opt=opt,
            is_rapid=True,
            opt_writable=opt_writable,
            tmp=tmp,
            starts=starts,
        )


class ManagedRie(Rie):
    """A function on a managed runtime under AWS's emulator as PID 1."""

    def __init__(
        self, folder: Path, handler: str, image: Image, *, opt: Path, wrapper: str = WRAPPER
    ) -> None:
        variables = image_variables(image, handler, wrapper)
        super().__init__(
            folder, handler, environment=variables, confined=True, command=["/var/runtime/bootstrap"]
        )
        self.confinement = _ManagedConfinement(self.confinement.kind, self.confinement.reason, image, opt)


@dataclass(frozen=True)
class _ManagedConfinement(Confinement):
    image: Image
    opt: Path

    def wrap(
        self, command: Sequence[str], *, task: Path, binds: Sequence[Path], refusals: bool = False
    ) -> list[str]:
        if refusals:
            command = under_refusals(command)
        # The emulator's binary lies in the cache of this checkout, which the root file system shows.
        return confine(command, self.image, task=task, opt=self.opt, is_rapid=False)
