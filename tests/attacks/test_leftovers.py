"""Native processes that outlive their invocation (L3; T1543 Create or Modify System Process, T1564 Hide Artifacts).

What needs no compiler is in the catalogue: dayfly/lab/gauntlet/attacks/.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.attacks.shop import FUNCTIONS, Shop, needs_confinement

pytestmark = needs_confinement()


def _is_heard(shop: Shop) -> bool:
    # What was sent before the attack's end may still lie in the socket.
    for _ in range(100_000):
        if not shop.sink.received(quiet_s=0.0001):
            break
    shop.serve(2, takes=0.1)
    return "alive" in shop.sink.received()


HOPPER = r"""
#include <sys/socket.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>
int main(int count, char **words) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int out = socket(AF_INET, SOCK_DGRAM, 0);
    time_t end = time(0) + 4;
    signal(SIGCHLD, SIG_IGN);
    for (int branch = 0; branch < 15; branch++) if (fork() == 0) break;
    for (long hop = 0; time(0) < end && hop < 40; hop++) {
        if (fork() != 0) _exit(0);
        if (hop % 64 == 0) sendto(out, "alive", 5, 0, (void *)&to, sizeof to);
    }
    return 0;
}
"""


def test_native_chains_that_fork_faster_than_anybody_looks_are_ended(tmp_path: Path) -> None:
    """2.1, L3: sixteen static hoppers outlived nine of twelve clean passes over /proc."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    for file in FUNCTIONS.glob("*.py"):
        shutil.copy(file, tmp_path)
    (tmp_path / "hopper.c").write_text(HOPPER)
    subprocess.run(
        [compiler, "-O2", "-o", tmp_path / "hopper", tmp_path / "hopper.c"], check=True, timeout=60
    )
    with Shop("dayfly", function=tmp_path) as shop:
        shop.serve(1)
        # Few and short: every hop leaves a zombie that the emulator, as PID 1, never reaps.
        for _ in range(3):
            shop.attack(
                "if os.fork() == 0: os.execv('/var/task/hopper', ['hopper', str(event['sink'])])\ntime.sleep(0.005)"
            )
            assert not _is_heard(shop)
