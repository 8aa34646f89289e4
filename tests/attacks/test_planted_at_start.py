"""Attacks that leave code where Python looks when it starts (L2; T1546 Event Triggered Execution).

Python runs `usercustomize` and the .pth files of its user's site directory before anything else, and with HOME=/tmp a
worker can make that directory. The zygote that is built again, and the next life's, must not run it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.interpreters import CACHE
from tests.rie import ROOT

pytestmark = needs_confinement()

PLANT = """
import signal
site = os.path.join(event["home"], ".local/lib/python%d.%d/site-packages" % sys.version_info[:2])
os.makedirs(site, exist_ok=True)
tell = f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'planted', ('127.0.0.1', {event['sink']}))"
for name in ("usercustomize.py", "evil.pth"):
    with open(os.path.join(site, name), "w") as file:
        file.write(tell + "\\n")
if event["whole"]:
    zygote = os.getppid()
    os.kill(int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1]), signal.SIGKILL)
    time.sleep(1)
else:
    os.kill(os.getppid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Path]:
    """One that has a user site directory, unlike that of an ordinary virtual environment, and finds Dayfly."""
    CACHE.mkdir(parents=True, exist_ok=True)
    # Not in /tmp: a function with code there is not forked.
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        Path(folder).chmod(0o755)
        command = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", folder]
        subprocess.run(command, check=True, timeout=60)
        (site,) = Path(folder).glob("lib/python3.*/site-packages")
        places = [str(ROOT / "src"), *(entry for entry in sys.path if entry.endswith("site-packages"))]
        (site / "dayfly.pth").write_text("\n".join(places))
        yield Path(folder) / "bin" / "python"


def shop_of(interpreter: Path, *options: str, **environment: str) -> Shop:
    command = [str(interpreter), *options, "-m", "dayfly.runtime", "app.handler"]
    return Shop("dayfly", environment=environment, command=command)


def not_promised(shop: Shop) -> str:
    """What the first finding says that Dayfly does not protect."""
    log = shop.rie.wait_for_log('"types":["environment.started"]')
    line = next(line for line in log.splitlines() if '"environment.started"' in line)
    return str(json.loads(line)["unmapped"]["evidence"]["not_promised"])


@pytest.mark.parametrize("whole", [False, True], ids=["zygote killed", "supervisor killed"])
@pytest.mark.parametrize("option", ["-I", "-s", ""], ids=["isolated", "without user site", "as it is"])
def test_what_is_planted_in_the_user_site_directory_does_not_run(
    interpreter: Path, option: str, whole: bool
) -> None:
    """T1546.018. Without an option the platform's own start of the runtime runs it, before any act of Dayfly's:
    the first line says so."""
    with shop_of(interpreter, *filter(None, [option]), HOME="/tmp") as shop:
        shop.serve(1)
        is_said = "the user site directory /tmp/.local" in not_promised(shop)
        shop.attack(PLANT, home="/tmp", whole=whole)
        shop.rie.invoke({"card": "4000111122223333"})
        shop.serve(2)
        has_run = "planted" in shop.sink.received()
    assert is_said is (not option)
    assert has_run is (whole and not option)


def test_an_isolated_interpreter_gives_function_code_the_search_path_it_had(interpreter: Path) -> None:
    ask = "result = [sys.path[:3], sys.orig_argv[1:], os.environ.get('LD_LIBRARY_PATH')]"
    with shop_of(interpreter, "-I", PYTHONPATH="/var/task/lib:rel") as shop:
        isolated = shop.result_of(ask)
    with shop_of(interpreter, PYTHONPATH="/var/task/lib:rel") as shop:
        as_it_is = shop.result_of(ask)
    assert isinstance(isolated, list)
    assert isinstance(as_it_is, list)
    assert isolated[0] == as_it_is[0] == ["/var/task", "/var/task/lib", "/var/task/rel"]
    assert isolated[1] == ["-I", "-m", "dayfly.runtime", "app.handler"]
    # The option that was added to the second interpreter's does not show.
    assert as_it_is[1] == ["-m", "dayfly.runtime", "app.handler"]
    assert isolated[2] is as_it_is[2] is None


def test_a_writable_entry_of_the_search_path_is_named_in_the_first_line(interpreter: Path) -> None:
    with shop_of(interpreter, PYTHONPATH="/tmp/lib", PYTHONPYCACHEPREFIX="/tmp/pyc") as shop:
        shop.serve(1)
        said = not_promised(shop)
    assert "/tmp/lib (PYTHONPATH)" in said
    assert "/tmp/pyc (PYTHONPYCACHEPREFIX)" in said
