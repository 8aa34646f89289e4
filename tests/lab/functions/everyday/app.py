"""A function of everyday answers and everyday faults, each asked for by its event."""

import datetime
import os
import signal
import sys
import time

SERVED = 0


class Odd(Exception):
    pass


def handler(event, context):
    global SERVED
    SERVED += 1
    do = event.get("do") if isinstance(event, dict) else "echo"
    if do == "served":
        return SERVED
    if do == "variable":
        return os.environ.get("WITH_EQUALS")
    if do == "name":
        return [context.function_name, os.environ["AWS_LAMBDA_FUNCTION_NAME"], context.function_version]
    if do == "arn":
        return context.invoked_function_arn.rpartition(":")[2]
    if do == "remaining":
        return context.get_remaining_time_in_millis()
    if do == "client":
        found = context.client_context
        return found and {
            "custom": found.custom,
            "env": found.env,
            "title": found.client and found.client.app_title,
        }
    if do == "raise":
        raise Odd("Raising an exception: é <&>")
    if do == "raise from":
        try:
            int("x")
        except ValueError as error:
            raise Odd("outer") from error
    if do == "base":
        raise KeyboardInterrupt
    if do == "exit":
        sys.exit(event["code"])
    if do == "os exit":
        os._exit(event["code"])
    if do == "signal":
        os.kill(os.getpid(), getattr(signal, event["name"]))
        time.sleep(30)
    if do == "sleep":
        time.sleep(event["seconds"])
    if do == "unserialisable":
        return datetime.datetime(2026, 11, 26)
    if do == "set":
        return {1, 2}
    if do == "values":
        return {
            "é": "☃",
            "float": 0.1,
            "big": 2**70,
            "none": None,
            1: True,
            "nan": float("nan"),
            "nested": [[[]]],
        }
    if do == "bytes":
        return b"bytes"
    if do == "big":
        return "x" * event["size"]
    return event
