"""Lists System V objects and tells whether the kernel holds keys for a user."""

from __future__ import annotations

from dayfly._sys.proc import read_file

# The kinds and what /proc/sysvipc calls their identifiers.
KINDS = {"shm": b"shmid", "msg": b"msqid", "sem": b"semid"}


def list_objects(uid: int) -> set[tuple[str, int]]:
    """Return (kind, identifier) of every System V object that `uid` owns or created.

    Empty where the kernel has no System V IPC.
    """
    found: set[tuple[str, int]] = set()
    for kind, column in KINDS.items():
        try:
            lines = read_file(f"/proc/sysvipc/{kind}").split(b"\n")
        except OSError:
            continue
        if len(lines) < 3:
            continue
        columns = lines[0].split()
        identifier, owner, creator = (columns.index(name) for name in (column, b"uid", b"cuid"))
        for line in lines[1:]:
            fields = line.split()
            if len(fields) > max(owner, creator) and uid in (int(fields[owner]), int(fields[creator])):
                found.add((kind, int(fields[identifier])))
    return found


def count_keys(uid: int) -> int:
    """Return how many kernel keys are charged to `uid`, -1 where /proc does not tell."""
    try:
        text = read_file("/proc/key-users")
    except OSError:
        return -1
    for line in text.split(b"\n"):
        fields = line.replace(b"/", b" ").split()
        if len(fields) > 5 and fields[0].rstrip(b":") == str(uid).encode():
            return int(fields[4])
    return 0
