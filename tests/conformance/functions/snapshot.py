"""Register SnapStart hooks and tell when they ran, and in which process."""

import os
import random

from snapshot_restore_py import register_after_restore, register_before_snapshot

RAN = []
OWN = random.Random(7)


@register_before_snapshot
def close():
    RAN.append(f"before snapshot in {os.getpid()}")


@register_after_restore
def reopen():
    if os.environ.get("FAIL"):
        raise RuntimeError("no secret for this environment")
    RAN.append(f"after restore in {os.getpid()}")


def handler(event, context):
    if event == "end the zygote":
        os.kill(os.getppid(), 9)
    return {"ran": RAN, "parent": os.getppid(), "drawn": OWN.random()}
