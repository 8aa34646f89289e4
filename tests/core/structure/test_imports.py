"""Deserialisers: a name that the event brought is not imported."""

from __future__ import annotations

import datetime
import pickle
import pickletools

import pytest
from tests.core.structure.fakes import NOTHING, FakeProvenance

from dayfly.core.structure.imports import acts, judge_global
from dayfly.core.structure.trusted_literals import OwnText

OWN = OwnText(["datetime", "Order"])


class Bytes(FakeProvenance):
    def __init__(self, data: bytes) -> None:
        super().__init__({})
        self.data = data

    def holds_bytes(self, data: bytes) -> str:
        return "body>base64" if data in self.data else ""


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_a_pickle_of_the_events_names_is_refused(protocol: int) -> None:
    data = pickle.dumps(pickletools.optimize, protocol)
    judgement = judge_global("pickletools", "optimize", Bytes(data), OWN)
    assert (judgement.verdict, judgement.path) == ("refuse", "body>base64")


@pytest.mark.parametrize(
    "data", [b"!!python/object/apply:os.system [id]", b"cos\nsystem\n(", b"os and system"]
)
def test_names_in_the_events_bytes_are_refused(data: bytes) -> None:
    assert judge_global("os", "system", Bytes(data), OWN).verdict == "refuse"


def test_names_that_a_stream_spells_otherwise_are_unknown() -> None:
    stream = b"V\\u006fs\nV\\u0073ystem\n\x93."
    assert judge_global("os", "system", Bytes(b"x" + stream), OWN).verdict == "unknown"


def test_a_word_of_the_functions_is_a_coincidence() -> None:
    assert judge_global("Order", "Order", Bytes(b'{"Order": 1}'), OWN).verdict == "unknown"


def test_a_value_of_the_standard_librarys_is_one_whoever_has_its_name() -> None:
    own = OwnText()
    for provenance in (NOTHING, Bytes(b'{"datetime": "timedelta"}')):
        assert judge_global("datetime", "timedelta", provenance, own).verdict == "allow"
    # But not one that a stream of the event's makes.
    stream = pickle.dumps(datetime.timedelta(1))
    assert judge_global("datetime", "timedelta", Bytes(stream), own).verdict == "refuse"
    for module, name in (
        ("builtins", "getattr"),
        ("builtins", "eval"),
        ("functools", "partial"),
        ("os", "system"),
    ):
        assert judge_global(module, name, NOTHING, own).verdict == "unknown"


def test_names_without_the_event() -> None:
    assert judge_global("datetime", "datetime", NOTHING, OWN).verdict == "allow"
    assert judge_global("os", "system", NOTHING, OWN).verdict == "unknown"


def test_a_broken_provenance_closes() -> None:
    class Broken(Bytes):
        def holds_bytes(self, data: bytes) -> str:
            raise RuntimeError

    assert judge_global("os", "system", Broken(b""), OWN).verdict == "refuse"


@pytest.mark.parametrize(
    ("named", "does"),
    [
        *(
            (one, True)
            for one in ("builtins.eval", "os.system", "posix.execv", "nt.remove", "subprocess.Popen")
        ),
        *((one, True) for one in ("io.open", "ctypes.CDLL", "runpy.run_path", "importlib.import_module")),
        *(
            (one, False)
            for one in ("builtins.getattr", "os.stat_result", "posix.terminal_size", "ctypes.c_int")
        ),
        *(
            (one, True)
            for one in ("builtins.eval.__call__", "shutil.os.system", "random._os.system", "logging.os")
        ),
        *(
            (one, False)
            for one in ("commands.CreateOrder", "profile.models.User", "trace.Span", "posixpath.join")
        ),
        *((one, True) for one in ("runpy._run_code", "timeit.main", "linecache.getlines", "profile.run")),
        *((one, True) for one in ("urllib.request.urlretrieve", "site.addpackage", "pydoc.pipepager")),
        # What finds another by its name.
        *((one, True) for one in ("logging.config._resolve", "werkzeug.utils.import_string")),
        *(
            (one, False)
            for one in ("urllib.request.Request", "app.config.Settings", "app.utils", "app.models.profile")
        ),
        *((one, False) for one in ("subprocess.CompletedProcess", "subprocess.TimeoutExpired", "io.BytesIO")),
        *((one, False) for one in ("operator.itemgetter", "functools.partial", "code_of.mine", "app.system")),
    ],
)
def test_what_a_stream_names_is_something_or_does_something(named: str, does: bool) -> None:
    module, _, name = named.rpartition(".")
    assert acts(module, name) == does
