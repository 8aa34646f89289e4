"""A network namespace with nothing in it but a loopback of its own, where the host gives one to ordinary users."""

from __future__ import annotations

import _socket
import errno
import fcntl
import os
import struct
import time

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
# include/uapi/linux/sockios.h, if.h, capability.h, prctl.h.
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP = 0x1
_CAPABILITY_VERSION_3 = 0x20080522
_PR_CAPBSET_DROP = 24
_MANY_CAPABILITIES = 64
_CAPSET = {"x86_64": 126, "aarch64": 91}
_INET = (_socket.AF_INET, _socket.AF_INET6)
# Namespaces of workers that are dead are taken down in the background, and a user may have so many.
_RETRY_S = 1.0
_RETRY_EVERY_S = 0.002


def enter() -> str:
    """Move this process, which has one thread, into a network of its own; return why not, "" when it is in.

    What it has open stays connected as before, see `cut_off`. Where its own user must not be named in the new
    user namespace (its memory is closed), it sees itself as nobody; its rights to files stay what they were.
    """
    import ctypes

    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    until = time.monotonic() + _RETRY_S
    # With privileges no other user namespace is needed.
    while libc.unshare(_CLONE_NEWNET) != 0 and libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        if code not in (errno.ENOSPC, errno.EAGAIN, errno.ENOMEM) or time.monotonic() > until:
            return f"unshare: {os.strerror(code)}"
        time.sleep(_RETRY_EVERY_S)
    if os.getuid() != uid:
        _name_user(uid, gid)
    try:
        raise_loopback()
    except OSError as fault:
        return f"loopback: {os.strerror(fault.errno or 0)}"
    return _drop_capabilities(libc, uid)


def _name_user(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        try:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        except OSError:
            return


def raise_loopback() -> None:
    """Bring up the loopback interface of the calling thread's network.

    Raises OSError where the thread may not.
    """
    sock = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC)
    try:
        request = struct.pack("16sh14x", b"lo", 0)
        _name, flags = struct.unpack("16sh14x", fcntl.ioctl(sock.fileno(), _SIOCGIFFLAGS, request))
        fcntl.ioctl(sock.fileno(), _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    finally:
        sock.close()


def _drop_capabilities(libc: object, uid: int) -> str:
    """Give up what rules a namespace of one's own: it opens parts of the kernel that users do not reach otherwise."""
    import ctypes

    if uid == 0:
        # Root had them before.
        return ""
    number = _CAPSET.get(os.uname().machine)
    assert isinstance(libc, ctypes.CDLL)
    if number is None:
        return "the capset system call is unknown on this CPU architecture"
    zero = ctypes.c_ulong(0)
    for capability in range(_MANY_CAPABILITIES):
        # Fails for those the kernel does not have.
        libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), zero, zero, zero)
    head = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
    sets = ctypes.create_string_buffer(24)
    if libc.syscall(ctypes.c_long(number), head, sets) != 0:
        return f"capset: {os.strerror(ctypes.get_errno())}"
    return ""


def can_enter() -> str:
    """Try in a child; return why not, "" where it works."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write_end, enter().encode("utf-8", "replace")[:512] or b"ok")
        finally:
            os._exit(0)
    os.close(write_end)
    try:
        said = os.read(read_end, 512).decode("utf-8", "replace")
    finally:
        os.close(read_end)
        os.waitpid(pid, 0)
    return "" if said == "ok" else said or "the child process for the test ended"


def inet_sockets() -> dict[int, tuple[int, int]]:
    """Return this process's sockets of the internet families: number to (device, inode)."""
    found: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            if _domain(number) in _INET:
                found[number] = _identity(number)
        except OSError:
            continue
    return found


def cut_off(before: dict[int, tuple[int, int]]) -> int:
    """Put sockets that belong to no network in the place of those in `before` that are still open; return how many.

    A socket stays in the network where it was made, whoever has it.
    """
    count = 0
    for number, identity in before.items():
        try:
            if _identity(number) != identity:
                continue
            family, kind = _domain(number), _kind(number)
        except OSError:
            continue
        # Not closed by its number: an object that owns it would close somebody else's later.
        fresh = _socket.socket(family, kind | _socket.SOCK_CLOEXEC)
        os.dup2(fresh.fileno(), number, inheritable=os.get_inheritable(number))
        fresh.close()
        count += 1
    return count


def _identity(number: int) -> tuple[int, int]:
    status = os.fstat(number)
    return status.st_dev, status.st_ino


def _option(number: int, option: int) -> int:
    # A socket object over somebody's descriptor, given back before it is gone.
    sock = _socket.socket(fileno=number)
    try:
        return sock.getsockopt(_socket.SOL_SOCKET, option)
    finally:
        sock.detach()


def _domain(number: int) -> int:
    return _option(number, _socket.SO_DOMAIN)


def _kind(number: int) -> int:
    return _option(number, _socket.SO_TYPE)
