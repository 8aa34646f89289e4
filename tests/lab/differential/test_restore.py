"""The restore phase: routes, states and refusals as AWS's emulator has them with init caching.

One difference is the emulator's: it answers /restore/next with the event that made it restore, and then has none for /next.
awslambdaric does not read that answer. The lab answers with nothing, as the emulator's sources mean to, and has the event for
/next (tests/lab/snapstart), so the comparison ends with the restore, and only the status of its answer is compared.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.lab.differential.platforms import Emulator, Lab
from tests.lab.differential.script import BASE, NEXT, Script, record
from tests.lab.raw_http import RawConnection

CREDENTIALS = "/2021-04-23/credentials"
_FAILED = "Lambda-Runtime-Function-Error-Type: Runtime.AfterRestoreError"


def _restored(script: Script) -> RawConnection:
    """A runtime that got its answer to /restore/next."""
    runtime = script.connect()
    answer = runtime.request("GET", f"{BASE}/restore/next")
    script.seen[f"restore next {len(script.seen)}"] = str(answer.status)
    return runtime


def around_the_restore(script: Script) -> None:
    """Refusals before, during and beside a restore that goes well."""
    client = script.connect()
    script.platform.invoke(b'{"n": 1}')
    script.note("restore error first", client.request("POST", f"{BASE}/restore/error", b"{}"))
    script.note("credentials without a token", client.request("GET", CREDENTIALS))
    script.note("a wrong token", client.request("GET", CREDENTIALS, None, "Authorization: x"))
    script.note("credentials by POST", client.request("POST", CREDENTIALS, b""))
    script.note("restore next by POST", client.request("POST", f"{BASE}/restore/next", b""))
    _restored(script)
    script.note("restore next again", client.request("GET", f"{BASE}/restore/next"))


def a_hook_that_fails(script: Script) -> None:
    """After /restore/error nothing is allowed."""
    client = script.connect()
    script.platform.invoke(b"{}")
    runtime = _restored(script)
    script.note("restore error", runtime.request("POST", f"{BASE}/restore/error", b"{}", _FAILED))
    script.note("once more", client.request("POST", f"{BASE}/restore/error", b"{}", _FAILED))
    script.note("next", client.request("GET", NEXT))
    script.note("restore next", client.request("GET", f"{BASE}/restore/next"))
    script.note("init error", client.request("POST", f"{BASE}/init/error", b"{}"))


def a_hook_that_fails_as_an_init(script: Script) -> None:
    """/init/error while restoring means the same."""
    client = script.connect()
    script.platform.invoke(b"{}")
    runtime = _restored(script)
    script.note("init error", runtime.request("POST", f"{BASE}/init/error", b"{}", _FAILED))
    script.note("next", client.request("GET", NEXT))


def no_interest_in_restores(script: Script) -> None:
    """A runtime that polls at once is ready; for a restore it is too late then."""
    runtime, client = script.connect(), script.connect()
    result = script.platform.invoke(b'{"n": 1}')
    answer = script.note("next", runtime.request("GET", NEXT))
    script.note("restore next", client.request("GET", f"{BASE}/restore/next"))
    path = f"{BASE}/invocation/{answer.header('lambda-runtime-aws-request-id')}/response"
    script.note("response", runtime.request("POST", path, b"1"))
    script.payload("payload", result, runtime)


SCENARIOS: tuple[Callable[[Script], None], ...] = (
    around_the_restore,
    a_hook_that_fails,
    a_hook_that_fails_as_an_init,
    no_interest_in_restores,
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_restore_phase_is_the_emulators(
    scenario: Callable[[Script], None], snapshotting: tuple[Emulator, Lab]
) -> None:
    emulator, lab = snapshotting
    expected = record(scenario, emulator)
    assert len(expected) > 2, "a scenario that records nothing compares nothing"
    assert record(scenario, lab) == expected
