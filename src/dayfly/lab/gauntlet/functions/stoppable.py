"""The shop with a signal handler of its own, as graceful shutdown wants it."""

import signal

import app

STOPPING = []
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
    signal.signal(number, lambda *_: STOPPING.append(1))


def handler(event, context):
    if STOPPING:
        raise RuntimeError("stopping: no more orders")
    return app.handler(event, context)
