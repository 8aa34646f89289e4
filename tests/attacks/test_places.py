"""Files outside temporary directories (L2, L3; T1546.018 Python Startup Hooks, T1554, T1565.001 Stored Data Manipulation).

A container lets its function write its home, sometimes its own code. What an invocation leaves there must not
meet a later one, nor the next life of the environment; what the machine or other environments share is not touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.confined import Confinement, confinement_here
from tests.rie import Runtime

pytestmark = needs_confinement()

PLUGIN = "RATE = 'shipped'\n"
FUNCTION = """
import os, sys
MADE = os.path.expanduser("~/made-at-init")
with open(MADE, "w") as file:
    file.write("honest")
with open(MADE) as file:
    READ = file.read()
def handler(event, context):
    if "code" in event:
        names = {"event": event, "context": context}
        exec(event["code"], names)
        return names.get("result")
    import plugin
    return {"mark": event.get("card"), "rate": plugin.RATE, "read": READ}
"""
# The environment is one container whose image holds the plugin in a directory that its user may write.
ENTRYPOINT = '[ -z "$PLUGIN" ] || printf "%s" "$PLUGIN" > /home/code/plugin.py; printf x > /home/of-the-image; exec "$@"'


@dataclass(frozen=True)
class _WithHome(Confinement):
    """The confinement of this machine with a home, and perhaps a directory of the machine at /mnt/work."""

    mounted: Path | None = None

    def wrap(
        self, command: Sequence[str], *, task: Path, binds: Sequence[Path], refusals: bool = False
    ) -> list[str]:
        entered = ["/bin/sh", "-c", ENTRYPOINT, "sh", *command]
        line = super().wrap(entered, task=task, binds=binds, refusals=refusals)
        # As in an image: builtins only, so that PID 1 has waited for nobody when it becomes the emulator.
        more = ["--perms", "0777", "--tmpfs", "/home", "--perms", "0777", "--dir", "/home/code"]
        if self.mounted is not None:
            more += ["--tmpfs", "/mnt", "--bind", str(self.mounted), "/mnt/work"]
        at = line.index("--chdir")
        return [*line[:at], *more, *line[at:]]


@contextmanager
def home(runtime: Runtime, folder: Path, *, mounted: Path | None = None, **settings: str) -> Iterator[Shop]:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(FUNCTION)
    environment = {"HOME": "/home", "PLUGIN": PLUGIN, "PYTHONPATH": "/home/code", **settings}
    shop = Shop(runtime, function=folder, environment=environment, timeout_s=4)
    here = confinement_here()
    shop.rie.confinement = _WithHome(here.kind, here.reason, mounted)
    with shop:
        yield shop


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with home("plain", tmp_path_factory.mktemp("plain")) as shop:
        yield shop


@pytest.fixture(scope="module")
def dayfly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with home("dayfly", tmp_path_factory.mktemp("dayfly")) as shop:
        yield shop
        assert "environment.not-clean" not in shop.findings()
        assert "not checked for changes" not in shop.rie.logs()


LEFT = {
    "a file in the home": "open('/home/stash', 'w').write('card')",
    "a directory of mode 000": "os.mkdir('/home/d'); open('/home/d/s', 'w').close(); os.chmod('/home/d', 0)",
    "a link": "os.symlink('/etc/passwd', '/home/link')",
    "a hook for the start of Python": (
        "p = '/home/.local/lib/python%d.%d/site-packages' % sys.version_info[:2]; os.makedirs(p)\n"
        "open(p + '/usercustomize.py', 'w').write('import os'); open(p + '/x.pth', 'w').write('import os')"
    ),
    "a module beside the code": "open('/home/code/json.py', 'w').write('raise SystemExit')",
    "a compiled module": (
        "os.makedirs('/home/code/__pycache__', exist_ok=True)\n"
        "open('/home/code/__pycache__/plugin.%s.pyc' % sys.implementation.cache_tag, 'w')"
    ),
    "a configuration": "os.makedirs('/home/.config/pip'); open('/home/.config/pip/pip.conf', 'w').close()",
    "an emptied home": "os.rename('/home/made-at-init', '/home/elsewhere')",
}
LISTING = "result = sorted(os.path.join(d, n) for d, below, names in os.walk('/home') for n in names + below)"
CLEAN = ["/home/code", "/home/code/plugin.py", "/home/made-at-init", "/home/of-the-image"]


@pytest.mark.parametrize("name", LEFT)
def test_no_file_outside_temporary_directories_meets_a_later_invocation(
    name: str, plain: Shop, dayfly: Shop
) -> None:
    plain.attack(LEFT[name])
    assert plain.result_of(LISTING) != CLEAN, "the attack leaves nothing: this test proves nothing"
    dayfly.attack(LEFT[name])
    assert dayfly.result_of(LISTING) == CLEAN
    assert "residue.file" in dayfly.findings()


@pytest.mark.parametrize(
    "leave",
    [
        "os.utime('/home/code', ns=(4111111111111111, 4222222222222222))",
        "os.chmod('/home/code', 0o700); os.chmod('/home/code', 0o4711)",
    ],
)
def test_a_directory_carries_nothing_on(leave: str, dayfly: Shop) -> None:
    look = "s = os.stat('/home/code'); result = [s.st_mode & 0o7777, s.st_mtime_ns]"
    before = dayfly.result_of(look)
    # It belongs to root here, as directories of an image do; where it is the function's own, it is given back.
    dayfly.attack(leave)
    assert dayfly.result_of(look) == before


@pytest.mark.parametrize(
    "change",
    [
        "open('/home/made-at-init', 'w').write('poison')",
        "os.remove('/home/made-at-init'); open('/home/made-at-init', 'w').write('poison')",
        "os.remove('/home/made-at-init')",
    ],
)
def test_a_changed_file_of_inits_is_not_trusted(change: str, dayfly: Shop) -> None:
    dayfly.attack(change)
    assert dayfly.result_of("result = open('/home/made-at-init').read()") == "honest"
    assert dayfly.rie.invoke({"card": "4"}).payload == {"mark": "4", "rate": "shipped", "read": "honest"}
    assert "residue.kept-file" in dayfly.findings()


POISON = {
    "rewritten": "open('/home/code/plugin.py', 'w').write(\"RATE = 'poison'\")",
    "written through a second name": (
        "os.link('/home/code/plugin.py', '/home/second'); open('/home/second', 'r+').write(\"RATE = 'poison'\\n\")"
    ),
    "written through a mapping": (
        "import mmap; f = open('/home/code/plugin.py', 'r+b'); m = mmap.mmap(f.fileno(), 0); m[8:15] = b'poison!'"
    ),
    "replaced, with its times": (
        "s = os.stat('/home/code/plugin.py'); os.rename('/home/code/plugin.py', '/home/code/old')\n"
        "open('/home/code/plugin.py', 'w').write(\"RATE = 'poison'\\n\")\n"
        "os.utime('/home/code/plugin.py', ns=(s.st_atime_ns, s.st_mtime_ns))"
    ),
}


@pytest.mark.parametrize("name", POISON)
def test_code_that_an_invocation_changed_is_never_run(name: str, tmp_path: Path) -> None:
    """Lazily imported by a later worker, or by the next life: neither may run it."""
    with home("plain", tmp_path / "plain") as shop:
        shop.attack(POISON[name])
        assert b"poison" in shop.rie.invoke({"card": "4"}).body, "the attack does not work"
    with home("dayfly", tmp_path / "dayfly") as shop:
        assert b"shipped" in shop.rie.invoke({"card": "4"}).body
        shop.attack(POISON[name])
        for _ in range(4):
            answer = shop.rie.invoke({"card": "4"})
            assert answer.error_type, "it served on"
            assert b"poison" not in answer.body
        assert "residue.code" in shop.findings()


OBEYED = """
os.makedirs("/home/.aws")
open("/home/.aws/config", "w").write("[default]\\ncredential_process = /bin/sh -c 'echo {}'\\n")
"""


def test_a_configuration_that_names_a_command_meets_no_later_life(tmp_path: Path) -> None:
    with home("dayfly", tmp_path, PLUGIN="") as shop:
        shop.attack("1" + KILL)
        shop.rie.invoke({"code": "1"})
        assert shop.result_of("result = 'serves'") == "serves"
        shop.attack(OBEYED + KILL)
        shop.rie.invoke({"code": "1"})
        assert shop.attack("result = 'serves'").error_type
        assert "changed since this environment started" in shop.rie.logs()


KILL = (
    "\nimport signal; z = os.getppid()\n"
    "s = int(open(f'/proc/{z}/stat').read().rpartition(')')[2].split()[1])\n"
    "os.kill(s, signal.SIGKILL); time.sleep(0.5)"
)


@pytest.mark.parametrize("name", POISON)
def test_code_changed_by_a_worker_that_kills_the_supervisor_is_never_run(name: str, tmp_path: Path) -> None:
    """1.3a with the code in place of /tmp: the next life cannot know who changed it, and does not start."""
    with home("dayfly", tmp_path) as shop:
        assert b"shipped" in shop.rie.invoke({"card": "4"}).body
        shop.attack(POISON[name] + KILL)
        assert not any(b"poison" in shop.rie.invoke({"card": "4"}).body for _ in range(4))


@pytest.mark.parametrize(
    "touch", ["os.link('/home/code/plugin.py', '/home/too')", "os.utime('/home/code/plugin.py')"]
)
def test_code_that_was_touched_is_not_run_either(touch: str, tmp_path: Path) -> None:
    """Whether its content is what it was is not looked at: who may touch it may write it."""
    with home("dayfly", tmp_path) as shop:
        shop.attack(touch)
        assert shop.rie.invoke({"card": "4"}).error_type
        assert "residue.code" in shop.findings()
        assert "changed since this environment started" in shop.rie.logs()


def test_a_later_life_removes_compiled_modules_and_reports_what_else_is_young(tmp_path: Path) -> None:
    """What init made in the life before, and here the plugin: an entry point that is PID 1 put it there."""
    with home("dayfly", tmp_path, DAYFLY_CHANGED_CODE="run") as shop:
        assert b"shipped" in shop.rie.invoke({"card": "4"}).body
        assert "environment.earlier-life" not in shop.findings()
        shop.attack(
            "os.makedirs('/home/code/__pycache__', exist_ok=True)\n"
            "open('/home/code/__pycache__/plugin.%s.pyc' % sys.implementation.cache_tag, 'wb').write(b'x' * 99)"
            + KILL
        )
        shop.rie.invoke({"card": "4"})
        assert shop.rie.invoke({"card": "4"}).payload == {"mark": "4", "rate": "shipped", "read": "honest"}
        assert shop.result_of("result = os.listdir('/home/code/__pycache__')") == []
        assert "are newer than the environment and were not removed" in shop.rie.logs()


def test_changed_code_that_may_run_is_reported_and_the_zygote_stays(tmp_path: Path) -> None:
    with home("dayfly", tmp_path, DAYFLY_CHANGED_CODE="run") as shop:
        zygote = shop.result_of("result = os.getppid()")
        shop.attack("os.utime('/home/code/plugin.py')")
        assert shop.result_of("result = os.getppid()") == zygote
        shop.rie.invoke({"card": "4"})
        assert shop.findings().count("residue.code") == 1
        assert "residue.kept-file" not in shop.findings()


def test_what_other_environments_share_is_named_and_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "of-others").write_text("precious")
    shared.chmod(0o777)
    os.utime(shared / "of-others", (1, 1))
    with home("dayfly", tmp_path / "f", mounted=shared) as shop:
        shop.attack("open('/mnt/work/mine', 'w').write('kept')")
        assert shop.result_of("result = sorted(os.listdir('/mnt/work'))") == ["mine", "of-others"]
        assert "/mnt/work (shared with the machine or other environments)" in shop.rie.logs()
    assert (shared / "of-others").read_text() == "precious"


def test_a_named_directory_is_emptied_after_every_invocation_and_at_every_start(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "deep").mkdir(parents=True)
    (shared / "of-others").write_text("another user's")
    shared.chmod(0o777)
    with home(
        "dayfly", tmp_path / "f", mounted=shared, DAYFLY_SCRUB="/mnt/work", DAYFLY_CHANGED_CODE="run"
    ) as shop:
        leave = "os.makedirs('/mnt/work/a/b'); open('/mnt/work/a/b/card', 'w').write('card')"
        shop.attack(leave)
        look = "result = sorted(os.listdir('/mnt/work'))"
        others = shop.result_of(look)
        assert others == (["deep", "of-others"] if os.geteuid() == 0 else [])
        shop.attack(leave + KILL)
        shop.rie.invoke({"card": "4"})
        assert shop.result_of(look) == others


def test_the_functions_own_code_cannot_be_named_for_emptying(tmp_path: Path) -> None:
    with home("dayfly", tmp_path, DAYFLY_SCRUB="/var/task") as shop:
        answer = shop.rie.invoke({"card": "4"})
        assert b"the directory of the function's code" in answer.body
