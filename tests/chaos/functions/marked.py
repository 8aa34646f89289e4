"""A function whose every answer carries its event's mark, and which says once a run that it was run."""

import os
import time

SERVED = []


def handler(event, context):
    seen = len(SERVED)
    SERVED.append(event["mark"])
    # One write: who is killed between two would leave half a line.
    os.write(1, f"ran {event['mark']}\n".encode())
    if event.get("fill"):
        _fill(event["fill"])
    held = [b"x" * (1 << 20) for _ in range(event.get("takes_mb", 0))]
    time.sleep(event.get("takes", 0))
    if event.get("fails"):
        raise RuntimeError(event["mark"])
    return {
        "mark": event["mark"],
        "id": context.aws_request_id,
        "seen": seen,
        "held": len(held),
        "left_ms": context.get_remaining_time_in_millis(),
        "files": len(os.listdir(os.environ.get("TMPDIR", "/tmp"))),
        "pad": "x" * event.get("size", 0),
    }


def _fill(folder):
    with open(os.path.join(folder, "fill"), "wb", buffering=0) as out:
        for step in (1 << 22, 1 << 12):
            try:
                while True:
                    os.posix_fallocate(out.fileno(), os.path.getsize(out.name), step)
            except OSError:
                continue
