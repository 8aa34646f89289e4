"""A function of a managed runtime looks the same through the wrapper, and forgets."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, found_interpreters
from tests.layer.conftest import WriteFunction
from tests.layer.managed import HERE, Image, ManagedRie, ManagedRuntime, reason_of, started_as, unpacked_layer
from tests.native.test_unprotected import UNPROTECTED
from tests.runtimes import Pair

FUNCTIONS = HERE / "functions"
CONFORMANCE = HERE.parent / "conformance" / "functions"
NEWEST = found_interpreters()[-1]
# awslambdaric 2.x was never part of a Python after 3.12, and has no wheels for them.
IMAGES = [
    Image(found, client)
    for found in found_interpreters()
    for client in ("<3", ">=3,<4", ">=4,<5")
    if client != "<3" or found.version in ("3.11", "3.12")
]
LOOKS: Mapping[str, list[object]] = {
    "results.handler": [{"case": "object"}, {"case": "not ascii"}, {"case": "bytes"}, {"case": "set"}],
    "errors.handler": [{"case": "value error"}, {"case": "chained"}],
    "logs.handler": [{"case": "levels"}, {"case": "exception"}],
    "view.context_fields": [{"n": 1}],
}
every_image = pytest.mark.parametrize(
    "image", IMAGES, ids=lambda image: f"{image.interpreter.version}-awslambdaric{image.client}"
)
every_interpreter = pytest.mark.parametrize(
    "interpreter", found_interpreters(), ids=lambda found: found.version
)
pytestmark = pytest.mark.usefixtures("confined")


def pair(
    folder: Path, handler: str, image: Image, opt: Path, **variables: str
) -> tuple[ManagedRuntime, ManagedRuntime]:
    """The function on the same image without and with the wrapper, telemetry descriptor and all."""
    plain = ManagedRuntime(folder, handler, image, opt=opt, wrapper="", telemetry=True, environment=variables)
    return plain, ManagedRuntime(folder, handler, image, opt=opt, telemetry=True, environment=variables)


@pytest.mark.slow
@every_image
def test_answers_errors_and_logs_are_the_same(image: Image, opt: Path) -> None:
    for handler, events in LOOKS.items():
        plain, dayfly = pair(CONFORMANCE, handler, image, opt)
        with plain, dayfly:
            plain.api.wait_until_ready()
            dayfly.api.wait_until_ready()
            for event in events:
                expected, seen = Pair(plain, dayfly).look(event)
                assert expected.kind in {"response", "error"}
                assert seen == expected


@every_interpreter
def test_the_function_sees_the_same_process(interpreter: Interpreter, opt: Path) -> None:
    plain, dayfly = pair(FUNCTIONS, "managed.view", Image(interpreter, ">=4,<5"), opt)
    with plain, dayfly:
        plain.api.wait_until_ready()
        dayfly.api.wait_until_ready()
        expected, seen = Pair(plain, dayfly).look({})
        assert started_as(dayfly)["platform"] == "lambda"
        assert started_as(dayfly)["isolation"] == "invocation"
        assert started_as(dayfly)["scope"] == "environment"
    assert isinstance(expected.payload, dict)
    assert expected.payload["environ"]["PYTHONPATH"] == "/var/runtime"
    assert expected.payload["path"][0] == "/var/task"
    assert seen == expected


def test_site_directories_and_pythonpath_are_the_same(opt: Path, write_function: WriteFunction) -> None:
    folder = write_function(
        {
            "managed.py": (FUNCTIONS / "managed.py").read_text(),
            "added.pth": "import os; os.environ['SEEN_PTH'] = 'yes'\n",
            "custom/sitecustomize.py": "",
        }
    )
    image = Image(NEWEST, ">=4,<5")
    for variables in ({}, {"PYTHONPATH": "/var/task/custom"}, {"PYTHONPATH": ""}):
        plain, dayfly = pair(folder, "managed.view", image, opt, **variables)
        with plain, dayfly:
            plain.api.wait_until_ready()
            dayfly.api.wait_until_ready()
            expected, seen = Pair(plain, dayfly).look({})
        assert isinstance(expected.payload, dict)
        assert expected.payload["pth"] == "yes"
        if variables.get("PYTHONPATH"):
            assert expected.payload["customized"] is True
        assert seen == expected


def test_the_supervisor_runs_no_code_of_the_functions(opt: Path, write_function: WriteFunction) -> None:
    """A .pth file or a sitecustomize is code that a trojaned dependency brings."""
    write = "import os\nwith open('/tmp/' + str(os.getpid()), 'w') as file: file.write('seen')\n"
    look = (
        "import os\nSEEN = sorted(os.listdir('/tmp'))\n"
        "def handler(event, context): return {'seen': SEEN, 'zygote': os.getppid()}\n"
    )
    folder = write_function({"app.py": look, "custom/sitecustomize.py": write, "custom/signal.py": write})
    variables = {"PYTHONPATH": "/var/task/custom", "DAYFLY_TMP": "keep"}
    image = Image(NEWEST, ">=4,<5")
    with ManagedRuntime(folder, "app.handler", image, opt=opt, environment=variables) as runtime:
        answer = runtime.invoke({}).payload
    assert isinstance(answer, dict)
    assert answer["seen"] == [str(answer["zygote"])]


@every_interpreter
def test_the_layer_serves_under_awss_emulator(interpreter: Interpreter, opt: Path) -> None:
    with ManagedRie(FUNCTIONS, "managed.handler", Image(interpreter, ">=4,<5"), opt=opt) as rie:
        answers = [rie.invoke({}).payload for _ in range(3)]
        log = rie.wait_for_log('"scope":"environment"')
    assert '"platform":"emulator"' in log
    assert "not active" not in log
    assert [answer["calls"] for answer in answers if isinstance(answer, dict)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("interpreter", "form"),
    [(NEWEST, "archives"), (NEWEST, "sources"), *((one, "sources") for one in found_interpreters()[:-1][:1])],
    ids=lambda value: value if isinstance(value, str) else value.version,
)
def test_the_layer_serves_from_archives_and_from_sources(
    interpreter: Interpreter, form: str, tmp_path: Path
) -> None:
    """Several Pythons lie in archives; where none is on the machine that builds, sources are compiled."""
    versions: list[str] = []
    if form == "archives":
        versions = [found.version for found in found_interpreters() if found != interpreter][:1]
        if not versions:
            pytest.skip("one interpreter alone makes no archives")
        versions.append(interpreter.version)
    layer = unpacked_layer(tmp_path / "opt", versions)
    assert len(list(layer.glob("dayfly.d/cpython-???.zip"))) == (2 if form == "archives" else 0)
    image = Image(interpreter, ">=4,<5")
    settings = {"DAYFLY_GUARD": "block"}
    with ManagedRuntime(
        FUNCTIONS, "managed.handler", image, opt=layer, environment=settings, telemetry=True
    ) as runtime:
        answers = [runtime.invoke({}).payload for _ in range(2)]
        started = started_as(runtime)
    assert (started["isolation"], started["guard"]) == ("invocation", "block"), started.get("guard_reason")
    assert [answer["calls"] for answer in answers if isinstance(answer, dict)] == [1, 1]


@every_interpreter
def test_workers_forget_and_a_killed_zygote_is_built_again(interpreter: Interpreter, opt: Path) -> None:
    image = Image(interpreter, ">=4,<5")
    with ManagedRuntime(FUNCTIONS, "managed.handler", image, opt=opt, telemetry=True) as runtime:
        first = [runtime.invoke({}).payload for _ in range(2)]
        assert runtime.invoke({"kill": "zygote"}).kind in {"response", "error"}
        after = [runtime.invoke({}).payload for _ in range(2)]
        rebuilt = runtime.invoke({"look": "processes"}).payload
    assert (
        first + after
        == [{"calls": 1, "dayfly": True, "python": [int(n) for n in interpreter.version.split(".")]}] * 4
    )
    assert isinstance(rebuilt, list)
    command = [f"/var/lang/bin/python{interpreter.version}", "-S", "/opt/dayfly.d/boot.py"]
    # The worker, the executed zygote and the supervisor, which is told its zygote's command.
    supervisor = [f"/opt/dayfly.d/bin/{platform.machine()}/supervisor", *command[:2]]
    # One that is executed by its loader is named twice.
    lines = [line[line[:1] * 2 == line[:2] :] for line in rebuilt[:3]]
    assert [line[:3] for line in lines] == [command, command, supervisor]


REACH = """
import os, signal, sys

def parent_of(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])

def handler(event, context):
    zygote = os.getppid()
    if event.get("kill"):
        os.kill(zygote, signal.SIGKILL)
    found = []
    for pid in (parent_of(zygote), zygote, "self"):
        try:
            open(f"/proc/{pid}/mem", "r+b").close()
            found.append("open")
        except PermissionError:
            found.append("refused")
    try:
        # A process that may read the program may open the memory of what runs it.
        open("/proc/self/exe", "rb").close()
    except PermissionError:
        return [found, "refused", sys.executable]
    return [found, os.readlink("/proc/self/exe"), sys.executable]
"""


@every_interpreter
def test_the_memory_of_supervisor_zygote_and_worker_is_closed(
    interpreter: Interpreter, opt: Path, write_function: WriteFunction
) -> None:
    image = Image(interpreter, ">=4,<5")
    folder = write_function({"app.py": REACH})
    with ManagedRuntime(folder, "app.handler", image, opt=opt, telemetry=True) as runtime:
        expected = [["refused"] * 3, "refused", f"/var/lang/bin/python{interpreter.version}"]
        assert runtime.invoke({}).payload == expected
        runtime.invoke({"kill": True})
        assert [runtime.invoke({}).payload for _ in range(2)] == [expected] * 2
        said = started_as(runtime)
    assert said["memory"] == "closed"
    # PID 1 is another user's, as on Lambda, and nobody else runs here.
    assert not [limit for limit in said["not_promised"] if "memory" in str(limit)]  # type: ignore[attr-defined]


def test_a_rebuilt_zygote_sees_the_same_process(opt: Path, write_function: WriteFunction) -> None:
    folder = write_function(
        {
            "managed.py": (FUNCTIONS / "managed.py").read_text() + "\ndef both(event, context):\n"
            "    return handler(event, context) if event else view(event, context)\n",
            "custom/sitecustomize.py": "",
        }
    )
    image = Image(NEWEST, ">=4,<5")
    variables = {"PYTHONPATH": "/var/task/custom"}
    with ManagedRuntime(folder, "managed.both", image, opt=opt, environment=variables) as runtime:
        before = runtime.invoke({}).payload
        runtime.invoke({"kill": "zygote"})
        after = runtime.invoke({}).payload
    assert isinstance(before, dict)
    assert before["customized"] is True
    assert after == before


def test_function_code_holds_no_pipe_to_the_way_back(opt: Path, write_function: WriteFunction) -> None:
    """On it a zygote can say that Dayfly does not start; function code must not."""
    look = """
import os
def links():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink("/proc/self/fd/" + name)
        except OSError:
            pass
    return found
PIPES = [link for number, link in links().items() if number > 2 and link.startswith("pipe:")]
def handler(event, context):
    import awslambdaric.__main__
    return {"pipes": PIPES, "main": awslambdaric.__main__.__file__}
"""
    folder = write_function({"app.py": look})
    for scope in ("environment", "descendants"):
        variables = {"DAYFLY_SCOPE": scope}
        with ManagedRuntime(
            folder, "app.handler", Image(NEWEST, ">=4,<5"), opt=opt, environment=variables
        ) as runtime:
            answer = runtime.invoke({}).payload
        assert isinstance(answer, dict)
        assert answer["pipes"] == []
        # The stand-in that `bootstrap.py` called is gone.
        assert answer["main"].endswith("/awslambdaric/__main__.py")


INIT_FAILURES = {
    "raises": "raise ValueError('at init')\n",
    "syntax": "def handler(event, context)\n",
    "no handler": "",
    "missing import": "import no_such_module\n",
    "leaves": "import sys; sys.exit(7)\n",
    "leaves at once": "import os; os._exit(9)\n",
}


@pytest.mark.parametrize("text", INIT_FAILURES.values(), ids=INIT_FAILURES)
def test_init_failures_are_the_same(text: str, opt: Path, write_function: WriteFunction) -> None:
    folder = write_function({"app.py": text})
    sides = pair(folder, "app.handler", Image(NEWEST, ">=4,<5"), opt)
    told: list[tuple[object, ...]] = []
    for side in sides:
        with side:
            status = side.wait_exit()
            errors = [
                (json.loads(one.body), one.head.get("lambda-runtime-function-error-type"))
                for one in side.api.init_errors
            ]
            told.append((status, errors, side.new_output(), side.new_frames()))
    assert told[0][0] != 0
    assert told[1] == told[0]


def test_a_wrong_setting_stops_the_function(opt: Path, write_function: WriteFunction) -> None:
    folder = write_function(
        {"managed.py": (FUNCTIONS / "managed.py").read_text(), "dayfly.toml": "isolation = 'none'\n"}
    )
    with ManagedRuntime(folder, "managed.handler", Image(NEWEST, ">=4,<5"), opt=opt) as runtime:
        assert runtime.wait_exit() == 2
        output = runtime.output()
    assert "isolation" in output
    assert "not active" not in output


def test_nothing_is_compiled_but_the_two_scripts_and_nothing_written(
    opt: Path, write_function: WriteFunction
) -> None:
    """Compiling is what an image's read-only layer would pay at every cold start."""
    look = """
import sys
def hook(event, arguments):
    if event == "compile" and arguments[1] not in ("app", None):
        compiled.append(str(arguments[1]))
compiled = []
sys.addaudithook(hook)
"""
    folder = write_function(
        {"app.py": "def handler(event, context):\n    import __main__, sys\n    return sys.compiled\n"}
    )
    # In front of the layer's own boot file, so that every later compilation is seen.
    copy = folder.parent / "opt"
    copied = _copy(opt, copy)
    boot = copied / "dayfly.d" / "boot.py"
    boot.write_text(look + "sys.compiled = compiled\n" + boot.read_text())
    before = _listing(copied)
    image = Image(NEWEST, ">=4,<5")
    with ManagedRuntime(folder, "app.handler", image, opt=copied, opt_writable=True) as runtime:
        compiled = runtime.invoke({}).payload
    assert isinstance(compiled, list)
    assert [name for name in compiled if name.startswith("/opt") or "dayfly" in name] == []
    assert "/var/runtime/bootstrap.py" in compiled
    assert _listing(copied) == before


def test_managed_instances_are_left_untouched(opt: Path) -> None:
    image = Image(NEWEST, "<3" if NEWEST.version in ("3.11", "3.12") else ">=3,<4")
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "4", "PYTHONPATH": "/var/task"}
    plain, dayfly = pair(FUNCTIONS, "managed.view", image, opt, **variables)
    with plain, dayfly:
        plain.api.wait_until_ready()
        dayfly.api.wait_until_ready()
        said = dayfly.new_output()
        expected, seen = Pair(plain, dayfly).look({})
    reason = "AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances) is not supported"
    assert reason_of(said, UNPROTECTED) == reason
    assert seen == expected


def _copy(source: Path, target: Path) -> Path:
    import shutil

    shutil.copytree(source, target)
    # Writable for the function's user: what could be written would be.
    for path in [target, *target.rglob("*")]:
        path.chmod(0o777 if path.is_dir() or path.name == "dayfly" else 0o666)
    return target


def _listing(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*"))


@every_interpreter
def test_the_guard_is_armed_from_the_layers_packed_modules(
    interpreter: Interpreter, opt: Path, write_function: WriteFunction
) -> None:
    folder = write_function({"app.py": "def handler(event, context):\n    return eval(event['code'])\n"})
    settings = {"DAYFLY_GUARD": "block"}
    image = Image(interpreter, ">=4,<5")
    with ManagedRuntime(
        folder, "app.handler", image, opt=opt, environment=settings, telemetry=True
    ) as runtime:
        assert runtime.invoke({"code": "1"}).payload == 1
        answer = runtime.invoke({"code": "__import__('os').getpid()"}).payload
        started = started_as(runtime)
    assert isinstance(answer, dict)
    assert started["guard"] == "block", started.get("guard_reason")
    assert answer["errorType"] == "Dayfly.Refused"
    assert [line for line in answer["stackTrace"] if "dayfly" in line] == []


@every_interpreter
def test_the_policy_is_in_force_from_the_layer(
    interpreter: Interpreter, opt: Path, write_function: WriteFunction
) -> None:
    """Modules from its archives are Dayfly's; a library beside the function is none of the function's."""
    files = {
        "app.py": "import lib, subprocess\n"
        "def run():\n    return subprocess.run(['echo']).returncode\n"
        "def handler(event, context):\n    return (lib.run if event['lib'] else run)()\n",
        "lib.py": "import os\ndef run():\n    return os.system('echo')\n",
        "lib-1.0.dist-info/RECORD": "lib.py,,\n",
        "dayfly.toml": '[policy]\nmode = "block"\n[policy.process]\nallow = ["echo", "/bin/sh"]\n'
        '[policy.read]\n[policy.environment]\n[policy.network]\n[policy.packages.function]\nuses = ["process"]\n',
    }
    folder = write_function(files)
    image = Image(interpreter, ">=4,<5")
    with ManagedRuntime(folder, "app.handler", image, opt=opt, telemetry=True) as runtime:
        assert runtime.invoke({"lib": False}).payload == 0
        answer = runtime.invoke({"lib": True}).payload
        started = started_as(runtime)
    assert started["guard"] == "observe", started.get("guard_reason")
    assert isinstance(answer, dict)
    assert answer["errorType"] == "Dayfly.Refused"
    assert "the package lib" in answer["errorMessage"]
