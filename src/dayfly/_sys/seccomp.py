"""A filter of system calls for the zygote and all its workers, where the host allows one.

It refuses what no function needs and what native code would use against Dayfly's own processes. A filter sees
numbers, not what a pointer leads to, and is fixed when it is installed: processes that are forked later (spares)
are not among those it protects.
"""

from __future__ import annotations

import errno
import os
import struct
import sys

# Classic BPF and seccomp, include/uapi/linux/{bpf_common,seccomp,audit}.h.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_INSTRUCTION = struct.Struct("=HBBI")
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENT = 0, 4, 16
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_MISSING = 0x00050000 | errno.ENOSYS
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Numbers of the x32 ABI, which shares x86_64's architecture.
_X32 = 0x40000000
_MAX_JUMP = 255

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_ALL_THREADS = 1
_CLONE_PARENT = 0x8000
_SET_OWNER, _SET_OWNER_EXTENDED = 8, 15
_SET_OWNER_BY_IOCTL = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP
_ONE_PROCESS_PRIORITY, _ONE_PROCESS_IO = 0, 1

# (x86_64, aarch64), arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
NUMBERS = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fcntl": (72, 25),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "seccomp": (317, 277),
    "setpriority": (141, 140),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "userfaultfd": (323, 282),
}
# Whatever they are aimed at.
REFUSED = (
    "add_key",
    "bpf",
    "io_uring_setup",
    "kcmp",
    "keyctl",
    "mq_open",
    "perf_event_open",
    "pidfd_getfd",
    "process_madvise",
    "process_mrelease",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "request_key",
    "userfaultfd",
)
# They look missing, so that libraries take the older call, whose arguments can be seen.
ABSENT = ("clone3", "pidfd_send_signal")
# The process or thread is the first argument.
AIMED = (
    "migrate_pages",
    "move_pages",
    "pidfd_open",
    "prlimit64",
    "sched_setaffinity",
    "sched_setattr",
    "sched_setparam",
    "sched_setscheduler",
)
# The same, with the argument that holds the signal: 0 sends none and only asks whether it exists.
SIGNALS = {"kill": 1, "rt_sigqueueinfo": 1, "rt_tgsigqueueinfo": 2, "tgkill": 2, "tkill": 1}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    # Operation, jump if true, jump if false, constant.
    Instruction = tuple[int, int, int, int]


def assemble(machine: str, *, protected: Iterable[int], groups: Iterable[int]) -> bytes:
    """Return the filter for a processor, as the kernel takes it.

    `protected` are pids and thread ids that no signal, limit or priority may reach; `groups` are the process groups
    that they are in. Raises KeyError for a processor whose numbers are not known.
    """
    column = list(_ARCHITECTURES).index(machine) if machine in _ARCHITECTURES else None
    if column is None:
        raise KeyError(machine)
    targets = [_word(pid) for pid in sorted(set(protected))]
    code: list[Instruction] = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _AT_NUMBER),
    ]
    if machine == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _REFUSE)]
    for name, body in _rules(targets, groups):
        # Every body ends in a return: the number is still loaded where it is passed over.
        if len(body) > _MAX_JUMP:
            raise ValueError("too many processes to protect")
        code.append((_EQUAL, 0, len(body), NUMBERS[name][column]))
        code += body
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in code)


def _rules(targets: list[int], groups: Iterable[int]) -> list[tuple[str, list[Instruction]]]:
    # 0 is the caller's own group, -1 everybody.
    many = [*targets, _word(-1), 0, *(_word(-group) for group in groups if group > 1)]
    rules = [(name, _refuse_all(_REFUSE)) for name in REFUSED]
    rules += [(name, _refuse_all(_MISSING)) for name in ABSENT]
    rules += [(name, _unless(0, targets)) for name in AIMED]
    for name, signal in SIGNALS.items():
        aims = many if name == "kill" else targets
        asks: list[Instruction] = [_load(signal), (_EQUAL, 0, 1, 0), (_RETURN, 0, 0, _ALLOW)]
        rules.append((name, asks + _unless(0, aims)))
    rules.append(("setpriority", _only(_ONE_PROCESS_PRIORITY) + _unless(1, targets)))
    rules.append(("ioprio_set", _only(_ONE_PROCESS_IO) + _unless(1, targets)))
    rules.append(("clone", [_load(0), (_ANY_BIT, 0, 1, _CLONE_PARENT), (_RETURN, 0, 0, _REFUSE), _allowed()]))
    # A descriptor's owner is sent signals by the kernel, whoever's process he is.
    owners: list[Instruction] = [
        _load(1),
        (_EQUAL, 0, 1, _SET_OWNER_EXTENDED),
        (_RETURN, 0, 0, _REFUSE),
        (_EQUAL, 1, 0, _SET_OWNER),
        _allowed(),
    ]
    rules.append(("fcntl", owners + _unless(2, [aim for aim in many if aim])))
    rules.append(("ioctl", _unless(1, list(_SET_OWNER_BY_IOCTL))))
    return rules


def _word(value: int) -> int:
    return value & 0xFFFFFFFF


def _allowed() -> Instruction:
    return (_RETURN, 0, 0, _ALLOW)


def _load(argument: int) -> Instruction:
    """Load an argument's lower half: the kernel takes pids, signals and commands as ints."""
    high_first = 4 if sys.byteorder == "big" else 0
    return (_LOAD, 0, 0, _AT_ARGUMENT + 8 * argument + high_first)


def _refuse_all(action: int) -> list[Instruction]:
    return [(_RETURN, 0, 0, action)]


def _only(which: int) -> list[Instruction]:
    """Go on if the first argument is `which`: whoever means a group or a user means us too."""
    return [_load(0), (_EQUAL, 1, 0, which), (_RETURN, 0, 0, _REFUSE)]


def _unless(argument: int, values: list[int]) -> list[Instruction]:
    """Allow, unless an argument is one of these."""
    body = [_load(argument)]
    for value in values:
        body += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _REFUSE)]
    return [*body, _allowed()]


def threads_of(pid: int) -> set[int]:
    """Return a process's thread ids: a signal to any of them reaches the process."""
    try:
        return {int(name) for name in os.listdir(f"/proc/{pid}/task")}
    except OSError:
        return {pid}


def install(program: bytes) -> str:
    """Put this process and all that come of it under a filter; return why not, "" where it is in force.

    Cannot be undone. Programs it executes gain no privileges from then on (set-user-id, file capabilities):
    without that, the kernel takes no filter from an ordinary user.
    """
    # 1.7 ms. On Lambda, which refuses the filter, nobody gets here.
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return f"prctl: {os.strerror(ctypes.get_errno())}"
    column = list(_ARCHITECTURES).index(os.uname().machine)
    text = ctypes.create_string_buffer(program, len(program))
    described = Program(len(program) // _INSTRUCTION.size, ctypes.addressof(text))
    result = libc.syscall(
        ctypes.c_long(NUMBERS["seccomp"][column]),
        ctypes.c_long(_SET_MODE_FILTER),
        ctypes.c_long(_ALL_THREADS),
        ctypes.byref(described),
    )
    if result > 0:
        return "a thread has its own filter"
    return "" if result == 0 else f"seccomp: {os.strerror(ctypes.get_errno())}"


def confine(protected: Iterable[int], *, groups: Iterable[int]) -> str:
    """Install the filter that keeps this process and its children from the processes in `protected`.

    Returns why not, "" where it is in force.
    """
    try:
        program = assemble(os.uname().machine, protected=protected, groups=groups)
    except KeyError:
        return "the system call numbers are unknown on this CPU architecture"
    except ValueError as fault:
        return str(fault)
    return install(program)
