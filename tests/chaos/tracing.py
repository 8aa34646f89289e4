"""Runs beside a supervisor that it traces, counts system calls, and does something to the environment at one of them.

python tests/chaos/tracing.py SUPERVISOR '{"of": "supervisor", "nth": 7, "act": "kill", "to": "zygote", "at_start": false}'

With `at_start` the process is not a supervisor but starts one. Prints "ready", and at the end one JSON object: the calls that were met by number, whether the act was done, and whether
the platform had accepted an answer before. Ends after the act, or with SIGTERM; what it traces goes on then.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import NoReturn

# include/uapi/linux/ptrace.h
_GETREGS, _SETREGS, _SYSCALL, _CONT = 12, 13, 24, 7
_SEIZE, _INTERRUPT, _LISTEN, _GET_SYSCALL_INFO = 0x4206, 0x4207, 0x4208, 0x420E
_SYSGOOD, _FORKS, _EXECS = 1, 2 | 4 | 8, 16
_EVENT_EXEC, _EVENT_STOP = 4, 128
_ENTRY, _EXIT = 1, 2
_WALL = 0x40000000
# arch/x86/include/asm/user_64.h: 27 registers; rax is what a call returns, orig_rax its number.
_REGISTERS, _RAX, _ORIG_RAX = 27, 10, 15
# read(2) and recvfrom(2) of x86_64.
_READS = (0, 45)
_ACCEPTED = b"HTTP/1.1 202"
_EVENT = b"HTTP/1.1 200"

_ptrace = ctypes.CDLL(None, use_errno=True).ptrace
_ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_ptrace.restype = ctypes.c_long


def _trace(request: int, pid: int, address: int = 0, data: int | ctypes.Array[ctypes.c_char] = 0) -> bool:
    """Make a ptrace call; False where the process has ended meanwhile."""
    if _ptrace(request, pid, address, data) < 0:
        # Who has ended, and is not buried yet, can no longer be seized.
        if ctypes.get_errno() == (errno.EPERM if request == _SEIZE else errno.ESRCH):
            return False
        raise OSError(ctypes.get_errno(), f"ptrace {request} of {pid}: {os.strerror(ctypes.get_errno())}")
    return True


def children(pid: int) -> list[int]:
    """The children of a process, dead ones among them."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _executes_supervisor(pid: int) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/exe").endswith("/supervisor")
    except OSError:
        return False


class Tracer:
    """`of` is whose calls count, `supervisor` or `fork` (the zygote's and its children's); `nth` is 0 to count alone.

    Acts: `kill` to supervisor, zygote, workers or all; `fail` with an errno's name; `freeze` all for seconds.
    """

    def __init__(self, pid: int, order: dict[str, str | int | float]) -> None:
        self.order = order
        # The process that is executed first becomes a start's supervisor.
        self.supervisor = 0 if order["at_start"] else pid
        self.traced = [pid]
        if not order["at_start"] and (order["of"] == "fork" or order["act"] == "freeze"):
            zygotes = children(pid)
            self.traced += zygotes + [worker for zygote in zygotes for worker in children(zygote)]
        self.calls: list[int] = []
        self.is_accepted = self.is_done = self.is_over = False
        self.failing = self.reads = 0

    def run(self) -> None:
        """Trace until the act is done or nobody is left."""
        options = _SYSGOOD | _FORKS | (_EXECS if self.order["at_start"] else 0)
        for pid in self.traced:
            if _trace(_SEIZE, pid, 0, options):
                _trace(_INTERRUPT, pid)
        print("ready", flush=True)
        while not (self.is_done and not self.failing):
            try:
                pid, status = os.waitpid(-1, _WALL)
            except ChildProcessError:
                return
            if os.WIFSTOPPED(status):
                self._take(pid, status)

    def _take(self, pid: int, status: int) -> None:
        number, event = os.WSTOPSIG(status), status >> 16
        if number == signal.SIGTRAP | 0x80:
            self._take_call(pid)
            if not self.is_done or self.failing:
                _trace(_SYSCALL, pid)
        elif event == _EVENT_STOP and number != signal.SIGTRAP:
            _trace(_LISTEN, pid)
        else:
            if event == _EVENT_EXEC and not self.supervisor and _executes_supervisor(pid):
                self.supervisor = pid
            is_followed = pid == self.supervisor or (self.supervisor and self.order["of"] == "fork")
            going_on = _SYSCALL if is_followed else _CONT
            _trace(going_on, pid, 0, 0 if event or number == signal.SIGTRAP else number)

    def _take_call(self, pid: int) -> None:
        info = ctypes.create_string_buffer(88)
        if not _trace(_GET_SYSCALL_INFO, pid, len(info), info):
            return
        kind = info.raw[0]
        if kind == _EXIT:
            self._take_result(pid, struct.unpack_from("q", info.raw, 24)[0])
            return
        is_counted = (pid == self.supervisor) == (self.order["of"] == "supervisor")
        if kind != _ENTRY or not is_counted or self.is_done or self.is_over:
            return
        call, _first, buffer = struct.unpack_from("QQQ", info.raw, 24)
        self.reads = buffer if pid == self.supervisor and call in _READS else 0
        self.calls.append(call)
        if len(self.calls) == self.order["nth"]:
            self.is_done = True
            self._act(pid)

    def _take_result(self, pid: int, result: int) -> None:
        if self.failing == pid:
            registers = self._registers(pid)
            registers[_RAX] = -getattr(errno, str(self.order["to"])) & (1 << 64) - 1
            self._set_registers(pid, registers)
            self.failing = 0
        elif pid == self.supervisor and self.reads and result >= len(_ACCEPTED):
            with open(f"/proc/{pid}/mem", "rb") as memory:
                memory.seek(self.reads)
                head = memory.read(len(_ACCEPTED))
            self.is_accepted |= head == _ACCEPTED
            self.is_over |= bool(self.order["at_start"]) and head == _EVENT

    def _act(self, pid: int) -> None:
        if self.order["act"] == "fail":
            registers = self._registers(pid)
            registers[_ORIG_RAX] = (1 << 64) - 1
            self._set_registers(pid, registers)
            self.failing = pid
        elif self.order["act"] == "kill":
            for one in self._meant():
                try:
                    os.kill(one, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        else:
            self._freeze(pid)

    def _meant(self) -> list[int]:
        zygotes = children(self.supervisor)
        workers = [pid for zygote in zygotes for pid in children(zygote)]
        whom = {"supervisor": [self.supervisor], "zygote": zygotes, "workers": workers}
        return whom.get(str(self.order["to"]), [self.supervisor, *zygotes, *workers])

    def _freeze(self, stopped: int) -> None:
        """Stop all where they are, as the platform's freezer does: no signal, nothing that they could notice."""
        waited = {pid for pid in [self.supervisor, *self._meant()] if pid != stopped}
        held: dict[int, int] = {}
        for pid in list(waited):
            if not _trace(_INTERRUPT, pid):
                waited.discard(pid)
        while waited - set(held):
            try:
                pid, status = os.waitpid(-1, _WALL)
            except ChildProcessError:
                break
            if os.WIFSTOPPED(status):
                # One that was born just now is held with the others.
                held[pid] = status
            else:
                waited.discard(pid)
        time.sleep(float(self.order["to"]))
        for pid, status in held.items():
            number = os.WSTOPSIG(status)
            is_signal = status >> 16 == 0 and number not in (signal.SIGTRAP, signal.SIGTRAP | 0x80)
            _trace(_CONT, pid, 0, number if is_signal else 0)

    def _registers(self, pid: int) -> list[int]:
        data = ctypes.create_string_buffer(8 * _REGISTERS)
        _trace(_GETREGS, pid, 0, data)
        return list(struct.unpack(f"{_REGISTERS}Q", data.raw))

    def _set_registers(self, pid: int, registers: list[int]) -> None:
        _trace(_SETREGS, pid, 0, ctypes.create_string_buffer(struct.pack(f"{_REGISTERS}Q", *registers)))


def main() -> None:
    """Trace as the arguments say."""
    tracer = Tracer(int(sys.argv[1]), json.loads(sys.argv[2]))

    def leave(*_: object) -> NoReturn:
        told = {"calls": tracer.calls, "is_done": tracer.is_done, "is_accepted": tracer.is_accepted}
        print(json.dumps(told), flush=True)
        # What is traced is let go by the kernel, wherever it was stopped.
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    tracer.run()
    leave()


if __name__ == "__main__":
    main()
