"""Computations at init that left native threads: workers compute with threads of their own and never hang."""

from __future__ import annotations

import pytest
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.serving import run

COMPUTATIONS = {
    # OpenBLAS, GCC's OpenMP, both.
    "numpy": """
import numpy
table = numpy.random.default_rng(1).random((400, 400))
def compute(): return round(float((table @ table).sum()))
""",
    "igraph": """
import igraph
graph = igraph.Graph.Ring(10000)
def compute(): return round(sum(graph.pagerank()), 6)
""",
    "scikit-learn": """
import numpy
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
table = numpy.random.default_rng(1).random((3000, 5))
model = HistGradientBoostingClassifier(max_iter=3, random_state=1).fit(table, table[:, 0] > 0.5)
def compute():
    KMeans(3, n_init=1, max_iter=3, random_state=1).fit(table)
    return model.predict(table[:8]).tolist()
""",
}


@pytest.mark.parametrize("library", COMPUTATIONS)
def test_workers_compute_as_init_did_with_as_many_threads(library: str) -> None:
    seen = run(
        COMPUTATIONS[library]
        + """
from threadpoolctl import threadpool_info
from dayfly.runtime import natives
def threads(): return sorted((pool["prefix"], pool["num_threads"]) for pool in threadpool_info())
first, were = compute(), threads()
assert natives.count()
WORKERS = 30
def handler(number):
    before = natives.count()
    return [before, compute() == first, natives.count() > 0, threads() == were]
""",
        python=library_python(),
        environment={"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2"},
    )
    assert seen.reasons == []
    assert seen.answers == [[0, True, True, True]] * 30


def test_numexpr_computes_with_threads_of_each_workers_own() -> None:
    seen = run(
        """
import numexpr, numpy
from dayfly.runtime import natives
table = numpy.arange(300_000.0)
def compute(): return float(numexpr.evaluate("table * 2 + 1").sum())
first = compute()
assert natives.count()
WORKERS = 10
def handler(number): return [compute() == first, numexpr.get_num_threads(), natives.count() >= 3]
""",
        python=library_python(),
        environment={"NUMEXPR_NUM_THREADS": "3"},
    )
    assert seen.reasons == []
    assert seen.answers == [[True, 3, True]] * 10


def test_a_number_of_threads_that_the_function_set_stays_set() -> None:
    seen = run(
        COMPUTATIONS["igraph"]
        + """
from threadpoolctl import threadpool_info, threadpool_limits
limits = threadpool_limits(2, user_api="openmp")
compute()
def handler(number):
    compute()
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"]
""",
        python=library_python(),
        environment={"OMP_NUM_THREADS": "4"},
    )
    assert seen.reasons == []
    assert seen.answers == [[2]] * 3


def test_no_handler_of_the_functions_own_sees_the_trial() -> None:
    seen = run(
        COMPUTATIONS["numpy"]
        + """
import os, signal
seen = []
signal.signal(signal.SIGCHLD, lambda *_: seen.append("signal"))
os.register_at_fork(before=lambda: seen.append("hook"))
first = compute()
def handler(number):
    return [seen.count("signal"), compute() == first]
""",
        python=library_python(),
        environment={"OPENBLAS_NUM_THREADS": "2"},
    )
    # What the test's own workers cause is told from the trial by the first one, which saw none end.
    assert seen.answers[0] == [0, True]


def test_threads_that_nothing_ends_are_refused() -> None:
    seen = run(
        """
import ctypes
libc = ctypes.CDLL(None)
started = ctypes.c_ulong()
# sem_wait on a semaphore that nobody posts.
gate = ctypes.create_string_buffer(64)
libc.sem_init(gate, 0, 0)
libc.pthread_create(ctypes.byref(started), None, ctypes.cast(libc.sem_wait, ctypes.c_void_p), gate)
import numpy
def handler(number):
    return 7
""",
        python=library_python(),
        environment={"OPENBLAS_NUM_THREADS": "1"},
    )
    assert any("of native code" in reason for reason in seen.reasons)
