"""Random trees of processes (L2; T1036, T1564): all of them are dead before the next event, and nobody else is blamed or dies.

They hop, leave their session and parent, execute programs without variables, use numbers that were given out before, and lower
the limits of every process by which Dayfly tells workers apart.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.attacks.shop import Shop, needs_confinement
from tests.aws import COMBINATIONS, Aws
from tests.processes import descendants

pytestmark = needs_confinement()

QUICK, MANY = 4, int(os.environ.get("DAYFLY_FUZZ_EXAMPLES", "25"))
# The same ones on every run, and none made smaller: an environment that has been attacked is another one.
EXAMPLES = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
HONEST = 2
NO_BLAME = {"environment.started", "environment.earlier-life", "environment.restarted"}
Step = tuple[str, object]

PLAIN: st.SearchStrategy[Step] = st.one_of(
    st.just(("session", None)),
    st.tuples(st.just("hop"), st.integers(1, 40)),
    st.tuples(st.just("program"), st.sampled_from(["python", "/var/rapid/init", "[kworker/0:1]", ""])),
    st.tuples(st.just("lower"), st.tuples(st.integers(0, 2), st.sampled_from([0.5, 0.999_999, 0.000_001]))),
    st.just(("end", None)),
)
TREES = st.recursive(
    st.lists(PLAIN, max_size=4),
    lambda inner: st.lists(
        st.one_of(PLAIN, st.tuples(st.sampled_from(["child", "orphan"]), inner)), max_size=5
    ),
    max_leaves=10,
)
# A hostile event, and how many numbers are left before the first is given out again.
ATTACKS = st.tuples(
    st.lists(st.tuples(st.sampled_from(["child", "orphan"]), TREES), min_size=1, max_size=4),
    st.integers(1, 60),
)


@pytest.fixture(scope="module", params=COMBINATIONS, ids=str)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    aws: Aws = request.param
    if aws.missing:
        pytest.skip(f"{aws}: {aws.missing}")
    with Shop("dayfly", handler="trees.handler", timeout_s=60, aws=aws) as one:
        yield one


def give_out_again(shop: Shop, left: int) -> None:
    """Let the environment's numbers begin anew after so many more. Nothing happens where this machine does not allow it."""
    inside = descendants(shop.rie.pid)[:1]
    if os.geteuid() != 0 or not inside or shutil.which("nsenter") is None:
        return
    last = int(Path("/proc/sys/kernel/pid_max").read_text()) - left
    script = f"echo {last} > /proc/sys/kernel/ns_last_pid"
    subprocess.run(["nsenter", "-t", str(inside[0]), "-p", "sh", "-c", script], stderr=subprocess.DEVNULL)


def blamed(shop: Shop) -> dict[str, str]:
    """The requests that findings name, with the finding."""
    found = {}
    for line in shop.log().split("\n"):
        if line.startswith("{") and '"finding_info"' in line:
            record = json.loads(line)
            kind = record["finding_info"]["types"][0]
            if kind not in NO_BLAME and (request := record["unmapped"].get("request_id")):
                found[request] = kind
    return found


def see_that_all_are_dead(shop: Shop, attack: tuple[list[Step], int]) -> None:
    tree, left = attack
    give_out_again(shop, left)
    shop.rie.invoke({"tree": tree})
    honest = []
    for number in range(HONEST):
        answer = shop.rie.invoke({"mark": number}).payload
        assert isinstance(answer, dict), answer
        assert "errorType" not in answer, (answer, shop.log()[-3000:])
        assert answer["others"] == [], "a process of a dead worker lives"
        assert (answer["said"], answer["mark"]) == ("42", number)
        honest.append(answer["id"])
    found = blamed(shop)
    assert {request: found[request] for request in honest if request in found} == {}


@given(attack=ATTACKS)
@settings(EXAMPLES, max_examples=QUICK)
def test_every_process_of_a_worker_is_dead_before_the_next_event(
    shop: Shop, attack: tuple[list[Step], int]
) -> None:
    see_that_all_are_dead(shop, attack)


@pytest.mark.slow
@given(attack=ATTACKS)
@settings(EXAMPLES, max_examples=MANY)
def test_so_it_is_whatever_the_tree(shop: Shop, attack: tuple[list[Step], int]) -> None:
    see_that_all_are_dead(shop, attack)


def test_a_plain_environment_keeps_them() -> None:
    """Without the protection they live, or the other tests prove nothing."""
    with Shop("plain", handler="trees.handler", timeout_s=60, aws=COMBINATIONS[0]) as plain:
        plain.rie.invoke({"tree": [("orphan", [("session", None), ("hop", 3), ("program", "python")])]})
        answer = plain.rie.invoke({"mark": 1}).payload
    assert isinstance(answer, dict)
    # It counts itself: above it there is no supervisor.
    assert len(answer["others"]) > 1
