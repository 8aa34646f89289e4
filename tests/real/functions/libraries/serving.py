"""What the functions of this folder share: their library is used at init, or first in the handler, and its threads work."""

import os
import time

# Of processor time: more than Python's own threads take in an invocation.
WORKED_NS = 200_000
# A pool's threads may come too late for one piece of work where the machine is busy.
DEADLINE_S = 10


def time_of_other_threads():
    """How long threads other than this one have computed, of processes that forked as well as of others."""
    return time.process_time_ns() - time.thread_time_ns()


def serve(use, *, threads=False):
    """A handler that answers with `use(number)`, called before with 0 where the environment says so.

    With `threads` it also answers whether threads of the library worked for it; `use` is repeated until they did.
    """
    if os.environ["USED"] == "init":
        use(0)

    def handler(event, context):
        before = time_of_other_threads()
        answer = {"answer": use(event["n"])}
        if threads:
            end = time.monotonic() + DEADLINE_S
            while time_of_other_threads() - before < WORKED_NS and time.monotonic() < end:
                use(event["n"])
            answer["threads"] = time_of_other_threads() - before >= WORKED_NS
        if event["fail"]:
            raise ValueError("the order is too small")
        return answer

    return handler
