"""Writes to memory of init's, as code does that counts references, and says how many pages that brought."""

import resource

made = bytearray(b"\1" * (2000 * 4096))
unused = bytearray(b"\1" * (2000 * 4096))


def handler(event, context):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for at in range(0, len(made), 4096):
        made[at] += 1
    return {
        "faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before,
        "same": made == b"\2" + b"\1" * 4095 + made[4096:] and made.count(2) == 2000,
    }
