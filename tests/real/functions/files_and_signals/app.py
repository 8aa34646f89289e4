"""A scratch directory, an exit handler and signal handlers made at import; a timer of the kernel per invocation."""

import atexit
import os
import signal
import tempfile

scratch = tempfile.mkdtemp(prefix="shop-")
with open(os.path.join(scratch, "settings"), "w") as settings:
    settings.write("discount=15")
atexit.register(print, f"{os.environ['RUN']}-exit", flush=True)


class TooSlow(Exception):
    """The time for one order is over."""


def stop(number, frame):
    raise TooSlow("after a hundredth of a second")


signal.signal(signal.SIGALRM, stop)
signal.signal(signal.SIGTERM, lambda number, frame: print(f"{os.environ['RUN']}-terminated", flush=True))


def handler(event, context):
    with open(os.path.join(scratch, "settings")) as settings:
        discount = settings.read()
    with tempfile.NamedTemporaryFile("w+", suffix=".csv") as report:
        report.write(event["label"])
        report.flush()
        size = os.path.getsize(report.name)
    cache = os.path.join(scratch, "orders")
    with open(cache, "w") as orders:
        orders.write(str(event["n"]))
    signal.setitimer(signal.ITIMER_REAL, 0.01 if event["fail"] else 5)
    try:
        while event["fail"]:
            signal.pause()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    with open(cache) as orders:
        return {"discount": discount, "long": size > 10, "orders": orders.read()}
