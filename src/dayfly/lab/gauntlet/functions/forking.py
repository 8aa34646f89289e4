"""The shop that prints each receipt in a process of its own."""

import os

import app


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    card = event["card"]
    child = os.fork()
    if child == 0:
        os._exit(len(card) % 7)
    return {**app.handler(event, context), "printed": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}
