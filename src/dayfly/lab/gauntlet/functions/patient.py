"""The shop with signal handlers, SIGCHLD ignored, and a thread that waits for work, which stays in the zygote."""

import queue
import signal
import threading

import stoppable

JOBS = queue.Queue()


def work():
    while True:
        JOBS.get()()


threading.Thread(target=work, daemon=True).start()
# As programs do that never want to wait for a child.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def handler(event, context):
    done = threading.Event()
    JOBS.put(done.set)
    assert done.wait(5), "the thread is gone"
    assert signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN
    return stoppable.handler(event, context)
