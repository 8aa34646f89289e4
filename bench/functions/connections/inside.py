"""Measures one call inside the handler: CPU of its process and minor page faults."""

import resource
import time


def measure(event, call):
    if not event["call"]:
        return {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    began = time.process_time_ns()
    call()
    spent = time.process_time_ns() - began
    return {
        "cpu_ms": spent / 1e6,
        "faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before,
    }
