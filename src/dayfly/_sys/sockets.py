"""Reads the kernel's table of TCP connections in this network namespace, everybody's included.

By netlink (sock_diag) where the kernel has it, else from /proc/net. Both walk the kernel's whole hash table,
whose size follows the machine's memory and not the number of connections: 230 µs by netlink and 9 ms by
/proc with 262,144 slots (a machine of 32 GB), a few µs with the 4,096 of half a gigabyte.
"""

from __future__ import annotations

import _socket
import os
import struct
import sys

from dayfly._sys.proc import read_file

# include/net/tcp_states.h
ESTABLISHED = 1
FIN_WAIT1 = 4
FIN_WAIT2 = 5
TIME_WAIT = 6
CLOSE_WAIT = 8
LAST_ACK = 9
LISTEN = 10
CLOSING = 11
ALL_STATES = 0xFFFFFFFF

# include/uapi/linux/inet_diag.h; the old request walks both address families at once.
_NETLINK_SOCK_DIAG = 4
_TCPDIAG_GETSOCK = 18
_REQUEST_DUMP = 0x301
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_HEAD = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBB48xII")
_OPERATION = struct.Struct("=BBH")
_MESSAGE = struct.Struct("=BBBB")
_PORTS = struct.Struct("!HH16s16s")
_REST = struct.Struct("=IIIII")
_JUMP, _LOCAL_FROM, _LOCAL_TO, _REMOTE_FROM, _REMOTE_TO = 1, 2, 3, 4, 5
_BYTECODE = 1
_RECEIVE = 1 << 16
# A table longer than this is looked at in part: some 25,000 connections by /proc, 40,000 answers by netlink.
_MAX_BYTES = 4 << 20
# /proc/net/snmp has some 2 kB.
_COUNTERS_BYTES = 16384
_MAPPED = bytes(10) + b"\xff\xff"

TYPE_CHECKING = False
if TYPE_CHECKING:
    Endpoint = tuple[bytes, int]


class Connection:
    """One row: an end of a TCP connection, or its remains.

    `local` and `remote` are (address, port), an IPv4 address in four bytes however it was reached; `state` is
    the kernel's number; `unread` counts bytes that its owner has not read; `inode` is the socket's, 0 where no
    process holds it (closed, or not yet accepted); `uid` its maker's, without meaning where `inode` is 0.
    """

    __slots__ = ("inode", "local", "remote", "state", "uid", "unread")

    def __init__(
        self, local: Endpoint, remote: Endpoint, state: int, unread: int, uid: int, inode: int
    ) -> None:
        self.local = local
        self.remote = remote
        self.state = state
        self.unread = unread
        self.uid = uid
        self.inode = inode


class SocketTable:
    """Looks connections up by a port; keeps its netlink socket between looks.

    `way` is "netlink" or "proc" once a look was taken, and "" where both are refused.
    """

    __slots__ = ("_counters", "_socket", "way")

    def __init__(self) -> None:
        self._socket: _socket.socket | None = None
        self._counters = -1
        self.way = "netlink"

    def connections(self, port: int) -> list[Connection] | None:
        """Return every row that has `port` at either end, listeners included; None where none can be read."""
        if self.way == "netlink":
            try:
                return self._ask(port)
            except OSError:
                # Refused, or a kernel without the module: never tried again.
                self.close()
                self.way = "proc"
        if self.way == "proc":
            try:
                return _read(port)
            except OSError:
                self.way = ""
        return None

    def count_begun(self) -> int:
        """Return how many TCP connections were ever begun in this network namespace, -1 where it does not tell.

        ActiveOpens of /proc/net/snmp (RFC 4022): the kernel counts a connection once it is in the table
        (tcp_connect in net/ipv4/tcp_output.c), so whoever finds the number unchanged finds no new one there. 13 µs
        whatever the size of the table.
        """
        try:
            if self._counters < 0:
                self._counters = os.open("/proc/net/snmp", os.O_RDONLY | os.O_CLOEXEC)
            text = os.pread(self._counters, _COUNTERS_BYTES, 0)
        except OSError:
            return -1
        _, _, text = text.partition(b"\nTcp: ")
        names, _, text = text.partition(b"\nTcp: ")
        numbers = dict(zip(names.split(), text.partition(b"\n")[0].split(), strict=False))
        number = numbers.get(b"ActiveOpens", b"")
        return int(number) if number.isdigit() else -1

    def close(self) -> None:
        """Close the netlink socket and the file of counters."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._counters >= 0:
            os.close(self._counters)
            self._counters = -1

    def _ask(self, port: int) -> list[Connection]:
        if self._socket is None:
            kind = _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC
            self._socket = _socket.socket(_socket.AF_NETLINK, kind, _NETLINK_SOCK_DIAG)
            # A dump is answered while it is asked for; a kernel that does otherwise must not keep us.
            self._socket.settimeout(1.0)
        filters = _either_port(port)
        body = (
            _REQUEST.pack(_socket.AF_INET, 0, 0, 0, ALL_STATES, 0)
            + struct.pack("=HH", 4 + len(filters), _BYTECODE)
            + filters
        )
        self._socket.send(_HEAD.pack(_HEAD.size + len(body), _TCPDIAG_GETSOCK, _REQUEST_DUMP, 1, 0) + body)
        found: list[Connection] = []
        taken = 0
        while True:
            data = self._socket.recv(_RECEIVE)
            taken += len(data)
            at = 0
            while at + _HEAD.size <= len(data):
                size, kind, _flags, _sequence, _port = _HEAD.unpack_from(data, at)
                if kind == _NLMSG_DONE:
                    return found
                if kind == _NLMSG_ERROR or size < _HEAD.size:
                    raise OSError("the kernel refuses to list connections")
                if taken <= _MAX_BYTES:
                    found.append(_unpack(data, at + _HEAD.size))
                at += (size + 3) & ~3


def _either_port(port: int) -> bytes:
    """Return a filter for the kernel: the remote port is `port`, or the local one.

    Its check follows the ways of success, so the second half is reached by a jump over it
    (inet_diag_bc_audit in the kernel's net/ipv4/inet_diag.c).
    """
    number = _OPERATION.pack(0, 0, port)
    return b"".join(
        (
            _OPERATION.pack(_REMOTE_FROM, 8, 20) + number,
            _OPERATION.pack(_REMOTE_TO, 8, 12) + number,
            _OPERATION.pack(_JUMP, 4, 20),
            # Past the end by four: no match.
            _OPERATION.pack(_LOCAL_FROM, 8, 20) + number,
            _OPERATION.pack(_LOCAL_TO, 8, 12) + number,
        )
    )


def _unpack(data: bytes, at: int) -> Connection:
    family, state, _timer, _retransmits = _MESSAGE.unpack_from(data, at)
    local_port, remote_port, local, remote = _PORTS.unpack_from(data, at + 4)
    _expires, unread, _unsent, uid, inode = _REST.unpack_from(data, at + 52)
    if family == _socket.AF_INET:
        local, remote = local[:4], remote[:4]
    return Connection((_plain(local), local_port), (_plain(remote), remote_port), state, unread, uid, inode)


def _plain(address: bytes) -> bytes:
    return address[12:] if len(address) == 16 and address.startswith(_MAPPED) else address


def _read(port: int) -> list[Connection]:
    found: list[Connection] = []
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            text = read_file(path, limit=_MAX_BYTES)
        except FileNotFoundError:
            if path.endswith("6"):
                # A kernel without IPv6.
                continue
            raise
        found += parse(text, port)
    return found


def parse(text: bytes, port: int) -> list[Connection]:
    """Return the rows of a /proc/net/tcp or tcp6 that have `port` at either end."""
    found: list[Connection] = []
    needle = b":%04X " % port
    at = text.find(needle)
    while at >= 0:
        begin = text.rfind(b"\n", 0, at) + 1
        end = text.find(b"\n", at)
        fields = text[begin : end if end >= 0 else len(text)].split()
        if len(fields) > 9:
            found.append(
                Connection(
                    _endpoint(fields[1]),
                    _endpoint(fields[2]),
                    int(fields[3], 16),
                    int(fields[4].partition(b":")[2], 16),
                    int(fields[7]),
                    int(fields[9]),
                )
            )
        at = text.find(needle, end) if end >= 0 else -1
    return found


def _endpoint(text: bytes) -> Endpoint:
    address, _, port = text.partition(b":")
    raw = bytes.fromhex(address.decode())
    if sys.byteorder == "little":
        # Printed as words of the host.
        raw = b"".join(raw[word : word + 4][::-1] for word in range(0, len(raw), 4))
    return _plain(raw), int(port, 16)


def holds(pid: int, inodes: set[int]) -> set[int] | None:
    """Return which of these sockets process `pid` has open; None where its descriptors cannot be read."""
    found: set[int] = set()
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return found
    except OSError:
        return None
    for name in names:
        try:
            target = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if target.startswith("socket:[") and int(target[8:-1]) in inodes:
            found.add(int(target[8:-1]))
    return found
