"""A zygote learns imports from its workers, and an attacker who owns one teaches it nothing of his own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.rie import Rie
from tests.runtimes import is_finding

pytestmark = needs_confinement()

# As a worker tells its zygote, through whatever pipe it has; and modules of these names, by every way into a process.
LIES = """
import os, stat, sys, types
told = 0
for number in range(3, 256):
    try:
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            told += os.write(number, b"taught_never\\ntaught_poison\\ntmp.taught_poison\\nantigravity\\n../taught_never\\n") > 0
    except OSError:
        pass
open("/tmp/taught_poison.py", "w").write("")
sys.path.insert(0, "/tmp")
sys.meta_path.insert(0, types.SimpleNamespace(find_spec=lambda *_: None))
import taught_never, taught_poison
said["told"] = told
"""

# What the module caching_lazily takes for its own cache, and what that does to who reads it.
PLANTED = """
import pickle, time
class Planted:
    def __reduce__(self):
        return exec, (DOES,)
with open("/tmp/caching.pickle", "wb") as file:
    file.write(pickle.dumps(Planted()))
time.sleep(0.5)
"""
STAYS = "import socket, time\nfor _ in range(400):\n    socket.socket(2, 2).sendto(b'stays', ('127.0.0.1', {port}))\n    time.sleep(0.02)"
# A customer's words that the function looks for with a regular expression; made so that no code holds them in whole.
SEARCHES = "import re\nfor number in range(200):\n    re.search('customer%s-%04d' % ('sword', number), '')"
LOOKS_ROUND = """
import ctypes
part = b"customer" + b"sword-"
for line in open("/proc/self/maps"):
    place, rights = line.split()[:2]
    start, end = (int(number, 16) for number in place.split("-"))
    if rights.startswith("rw") and end - start < 200 << 20:
        memory = ctypes.string_at(start, end - start)
        said["found"] = said.get("found", 0) + sum(memory.count(part + b"%04d" % number) for number in range(200))
"""
COMPUTES = """
import sys
def handler(event, context):
    was_there = "numpy" in sys.modules
    import numpy
    return was_there, float((numpy.ones((200, 200)) @ numpy.ones((200, 200)))[0, 0])
"""
HOOKED = """
import os, sys
forks = []
os.register_at_fork(before=lambda: forks.append(os.getpid()))
def handler(event, context):
    was_there = "numpy" in sys.modules
    import numpy
    return was_there, len(forks)
"""
POISONS = "import builtins; builtins.poisoned = True"


def present(shop: Shop, code: str = "") -> tuple[list[str], dict[str, int]]:
    """What a worker had loaded before its event, and what the event's code says."""
    answer = shop.rie.invoke({"code": code})
    payload = answer.payload
    assert isinstance(payload, dict), answer
    return payload["present"], payload["said"]


def until_learned(shop: Shop, code: str = "") -> list[list[str]]:
    """What each worker had loaded, up to the first that had what others imported."""
    seen = []
    end = time.monotonic() + 90
    while time.monotonic() < end:
        seen.append(present(shop, code)[0])
        if "taught_lazily" in seen[-1]:
            return seen
    pytest.fail(f"nothing was learned: {seen}")


def test_what_a_worker_imported_is_there_in_later_ones() -> None:
    with Shop("dayfly", handler="taught.handler") as shop:
        assert until_learned(shop)[0] == []
        assert present(shop)[0] == ["taught_lazily"]
        # The child that tries imports is nothing that an invocation has left behind.
        found = [line for line in shop.rie.logs().splitlines() if is_finding(line)]
        assert all("environment.started" in line for line in found), found


def test_a_library_that_starts_threads_is_there_in_later_ones(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(COMPUTES)
    with Rie(
        tmp_path, confined=True, refusals=True, is_lambda=True, environment={"OPENBLAS_NUM_THREADS": "2"}
    ) as rie:
        end = time.monotonic() + 90
        while (answer := rie.invoke({}).payload) != [True, 200.0]:
            assert answer == [False, 200.0]
            assert time.monotonic() < end, "nothing was learned"
        assert [rie.invoke({}).payload for _ in range(3)] == [[True, 200.0]] * 3
        assert "error" not in rie.logs()


def test_where_the_function_has_hooks_for_forks_trials_run_none(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HOOKED)
    with Rie(tmp_path, confined=True, refusals=True, is_lambda=True) as rie:
        end = time.monotonic() + 90
        seen = [rie.invoke({}).payload]
        while seen[-1] != [True, len(seen)]:
            assert seen[-1] == [False, len(seen)]
            assert time.monotonic() < end, "nothing was learned"
            seen.append(rie.invoke({}).payload)
        assert "error" not in rie.logs()


def test_the_setting_switches_it_off() -> None:
    with Shop("dayfly", handler="taught.handler", environment={"DAYFLY_ZYGOTE_WARM": "off"}) as shop:
        assert [present(shop)[0] for _ in range(12)] == [[]] * 12


def test_lies_of_a_worker_bring_nothing_into_later_ones() -> None:
    with Shop("dayfly", handler="taught.handler") as shop:
        assert present(shop, LIES)[1]["told"] > 0
        seen = until_learned(shop, LIES)
        seen += [present(shop)[0] for _ in range(3)]
        assert {name for one in seen for name in one} == {"taught_lazily"}


@pytest.mark.parametrize(
    "module", ["taught_tests", "taught_debugging", "taught_hooking", "taught_settings", "taught_tables"]
)
def test_an_import_that_replaces_a_function_is_done_in_no_later_worker(module: str) -> None:
    """The function names it, for tests: who owns a worker can have it tried ahead, and no more."""
    with Shop("dayfly", handler="taught.handler") as shop:
        attack = f"import {module}"
        seen: list[list[str]] = []
        end = time.monotonic() + 90
        while "taught_lazily" not in (seen or [[]])[-1] and time.monotonic() < end:
            attacked = shop.rie.invoke({"code": attack}).payload
            assert isinstance(attacked, dict)
            assert True in attacked["forged"], "the attack does nothing: this test proves nothing"
            answer = shop.rie.invoke({}).payload
            assert isinstance(answer, dict)
            assert answer["forged"] == [False, False, False]
            seen.append(answer["present"])
        assert seen[-1] == ["taught_lazily"], seen


def test_what_an_attacker_leaves_beside_a_trial_runs_in_no_other_process() -> None:
    with Shop("dayfly", handler="caching.handler") as shop:
        shop.rie.invoke({})
        does = STAYS.format(port=shop.sink.port)
        for _ in range(3):
            shop.rie.invoke({"code": f"DOES = {does!r}{PLANTED}import os; os.remove(file.name)"})
        assert shop.rie.invoke({}).payload
        assert shop.sink.received(quiet_s=0.5) == []


@pytest.mark.parametrize("tmp", ["scrub", "keep"])
def test_what_was_tried_is_imported_beside_no_worker(tmp: str) -> None:
    """A module that looked for its cache in vain in the trial would find an attacker's."""
    # Where files stay, the worker itself would read it.
    clears = (
        "import os, pathlib; time.sleep(0.3); pathlib.Path('/tmp/caching.pickle').unlink(missing_ok=True)"
    )
    looks = "import builtins, sys, time\nsaid['seen'] = ['caching_lazily' in sys.modules, hasattr(builtins, 'poisoned')]\n"
    with Shop("dayfly", handler="caching.handler", environment={"DAYFLY_TMP": tmp}) as shop:
        seen = []
        # One event to learn from, one for the trial, one with a cache in place from its first moment on.
        for code in ("", "time.sleep(0.5)", f"DOES = {POISONS!r}{PLANTED}", clears, "", ""):
            payload = shop.rie.invoke({"code": looks + code}).payload
            assert isinstance(payload, dict)
            seen.append(payload["said"]["seen"])
        assert seen[-1] == [tmp == "scrub", False], seen


def test_what_an_event_had_compiled_is_in_no_memory_of_later_workers() -> None:
    with Shop("dayfly", handler="caching.handler") as shop:
        for _ in range(5):
            shop.rie.invoke({"code": SEARCHES})
        for _ in range(3):
            payload = shop.rie.invoke({"code": LOOKS_ROUND}).payload
            assert isinstance(payload, dict)
            assert payload["said"]["found"] == 0
        payload = shop.rie.invoke({"code": SEARCHES + LOOKS_ROUND}).payload
        assert isinstance(payload, dict)
        assert payload["said"]["found"] >= 200


def test_what_builds_a_model_ahead_reads_no_file_of_a_worker() -> None:
    with Shop("dayfly", handler="deferring.handler") as shop:
        plants = "import os, time; open('/tmp/limits', 'w').write('1000'); time.sleep(0.5); os.remove('/tmp/limits')"
        said = [
            shop.rie.invoke({"code": code, "amount": 100}).payload
            for code in ("", plants, plants, "", "", "")
        ]
        assert said[-1] == {"built": True, "amount": "ValidationError"}, said
