"""The system calls that Lambda refuses, as a seccomp filter: with EPERM, as Lambda answers them.

Which those are is known from reports of programs that failed there (prctl, ptrace, nested filters, user namespaces,
mounts: reference/lambda-platform.md). Imports nothing of Dayfly's, so that it can be used without its packages.
"""

from __future__ import annotations

import struct

# Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. Behind each name that
# Lambda is known to refuse come the younger calls that do the same.
REFUSED: dict[str, dict[str, int]] = {
    "x86_64": {
        "prctl": 157,
        "ptrace": 101,
        "seccomp": 317,
        "unshare": 272,
        "setns": 308,
        "mount": 165,
        "umount2": 166,
        "pivot_root": 155,
        "open_tree": 428,
        "move_mount": 429,
        "fsopen": 430,
        "fsconfig": 431,
        "fsmount": 432,
        "fspick": 433,
        "mount_setattr": 442,
        "userfaultfd": 323,
        "bpf": 321,
        "perf_event_open": 298,
    },
    "aarch64": {
        "prctl": 167,
        "ptrace": 117,
        "seccomp": 277,
        "unshare": 97,
        "setns": 268,
        "mount": 40,
        "umount2": 39,
        "pivot_root": 41,
        "open_tree": 428,
        "move_mount": 429,
        "fsopen": 430,
        "fsconfig": 431,
        "fsmount": 432,
        "fspick": 433,
        "mount_setattr": 442,
        "userfaultfd": 282,
        "bpf": 280,
        "perf_event_open": 241,
    },
}
CLONE = {"x86_64": 56, "aarch64": 220}
# Its flags lie in memory, where no filter can read them. ENOSYS makes libc fall back to clone.
CLONE3 = 435
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; include/uapi/linux/sched.h.
NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
EPERM, ENOSYS = 1, 38

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# x32: the same calls by other numbers.
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Offsets in struct seccomp_data; both machines are little-endian.
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


def filter_for(machine: str) -> bytes:
    """The filter as the kernel takes it; `machine` as in uname. Raises KeyError for one that Lambda has not."""
    refuse = [(_RETURN, 0, 0, _ERRNO | EPERM)]
    rules = [(_LOAD, 0, 0, _ARCHITECTURE_AT), (_EQUAL, 1, 0, _ARCHITECTURE[machine]), *refuse]
    rules += [(_LOAD, 0, 0, _NUMBER_AT)]
    if machine == "x86_64":
        rules += [(_AT_LEAST, 0, 1, _X32), *refuse]
    for number in REFUSED[machine].values():
        rules += [(_EQUAL, 0, 1, number), *refuse]
    rules += [(_EQUAL, 0, 1, CLONE3), (_RETURN, 0, 0, _ERRNO | ENOSYS)]
    rules += [(_EQUAL, 0, 3, CLONE[machine]), (_LOAD, 0, 0, _FIRST_ARGUMENT_AT)]
    rules += [(_ANY_BIT, 0, 1, NEW_NAMESPACES), *refuse]
    rules += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *rule) for rule in rules)
