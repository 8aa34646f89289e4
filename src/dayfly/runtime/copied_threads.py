"""Has workers made with the native threads that init left, and tries that with a worker that serves nothing.

What such a thread was at when init ended, it is at in every worker. A worker's threads run only once its
descriptors and generators are its own.
"""

from __future__ import annotations

import importlib
import os
import threading
import time

from dayfly._sys.threadfork import ThreadFork
from dayfly.runtime import natives, seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.sealing import Sealing

# The module `signal` makes an Enum's member of each of 64 numbers.
_signals = importlib.import_module("_signal")
# How long stopping the threads may take. Less than a fork is tried for; most stop within a millisecond.
_STOP_S = 0.8
# How long a trial worker may take, on a machine with a share of a processor. Lambda gives init ten seconds.
_TRIAL_S = 5.0
_RUN_S = 3.0
# How long threads may take that were told to end, as those of an OpenMP team: they spin before they see it.
_END_S = 0.2


def prepare(sealing: Sealing) -> str:
    """Have workers forked with the native threads of this process; return why that cannot be done."""
    until = time.monotonic() + _END_S
    while natives.are_running() and time.monotonic() < until:
        time.sleep(0.001)
    if not seal.has_native_threads(sealing):
        return ""
    try:
        copier = ThreadFork(_place(), limit_s=_STOP_S)
        fault = _try(copier, sealing)
    except OSError as refused:
        fault = refused.strerror or str(refused)
    if not fault:
        sealing.copier = copier
    return fault


def _place() -> str:
    """Return the folder with `bin`: this package's, or the one beside the layer's archive of it."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    layer = os.path.dirname(os.path.dirname(package))
    return package if os.path.isdir(os.path.join(package, "bin")) else layer


def _try(copier: ThreadFork, sealing: Sealing) -> str:
    """Fork a worker that does all before its event and ends; return why it is no good, "" where it is."""
    import select

    reader, writer = os.pipe()
    # Its end is no news to a handler of the function's own.
    mask = _signals.pthread_sigmask(_signals.SIG_BLOCK, _signals.valid_signals())
    try:
        pid = copier.fork()
        if pid == 0:
            os.close(reader)
            _answer(copier, sealing, writer)
        os.close(writer)
        writer = -1
        # Not select(): the number may be beyond what it takes.
        waiting = select.poll()
        waiting.register(reader, select.POLLIN)
        has_answered = bool(waiting.poll(1000 * _TRIAL_S))
        answer = os.read(reader, 64) if has_answered else b""
        os.kill(pid, _signals.SIGKILL)
        os.waitpid(pid, 0)
        _signals.sigtimedwait({_signals.SIGCHLD}, 0)
    finally:
        _signals.pthread_sigmask(_signals.SIG_SETMASK, mask)
        for descriptor in (reader, writer):
            if descriptor >= 0:
                os.close(descriptor)
    if not has_answered:
        return f"a trial worker with copies of them did not answer within {_TRIAL_S:g} s"
    if not answer:
        return "a trial worker with copies of them ended"
    return "" if answer == b"0" else f"{answer.decode()} of {copier.copied} did not run in a trial worker"


def _answer(copier: ThreadFork, sealing: Sealing, writer: int) -> None:
    """In the trial worker: say how many threads do not run; does not return."""
    try:
        sealing.separate()
        sealing.wake()
        copier.release()
        missing = copier.await_threads(_RUN_S)
        # A new thread needs the C library's locks for stacks and thread-specific data.
        one_more = threading.Thread(target=bytes)
        one_more.start()
        one_more.join()
        os.write(writer, b"%d" % missing)
    finally:
        os._exit(0)
