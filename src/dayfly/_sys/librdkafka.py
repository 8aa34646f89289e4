"""Asks librdkafka about the clients that init made, through the copy of it that confluent-kafka has loaded.

https://docs.confluent.io/platform/current/clients/librdkafka/html/rdkafka_8h.html
"""

from __future__ import annotations

import os
import re

from dayfly._sys import proc

_MAPS_LIMIT = 1 << 24
_NAME = re.compile(rb".*#[a-z]+-[0-9]+")
# Of `rd_kafka_dump`: a broker by its name and its state (rd_kafka_broker_state_names), and what is on its way.
_PORT = re.compile(rb"^ rd_kafka_broker_t [^ ]+ [^ ]*:([1-9][0-9]*)/", re.MULTILINE)
_CONNECTS = re.compile(rb" in state (?!INIT|DOWN|TRY_CONNECT|UP)")
_MESSAGES = re.compile(rb"(?:msg_cnt|reply queue:) [1-9]")
_REQUESTS = re.compile(rb"(?:outbuf_cnt|waitresp_cnt): [1-9]")
_VALUE_BYTES = 4096
# More than the part of an rd_kafka_t takes in which its name is.
_HANDLE_BYTES = 65536


class Look:
    """What a client had at one moment: the ports of its brokers, connections that it was making, messages or reports and requests
    on their way."""

    __slots__ = ("connects", "has_messages", "has_requests", "ports")

    def __init__(self, dump: bytes) -> None:
        self.ports = {int(port) for port in _PORT.findall(dump)}
        self.connects = _CONNECTS.search(dump) is not None
        self.has_messages = _MESSAGES.search(dump) is not None
        self.has_requests = _REQUESTS.search(dump) is not None


class Client:
    """A client of librdkafka behind an object of confluent-kafka's, whose first field leads to it.

    Raises OSError where the object is closed or of another layout.
    """

    def __init__(self, item: object) -> None:
        # 1.7 ms; only functions with such an object get here.
        import ctypes

        regions = proc.read_file("/proc/self/maps", limit=_MAPS_LIMIT).decode("utf-8", "replace").splitlines()
        path = next((line.split(None, 5)[5] for line in regions if "/librdkafka" in line), "")
        self._library = library = ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_NOW)
        library.rd_kafka_name.restype = library.rd_kafka_conf.restype = ctypes.c_void_p
        handle = ctypes.c_void_p.from_address(id(item) + object.__basicsize__).value or 0
        # The name is a part of the client: where it is there, the pointer leads to one.
        name = library.rd_kafka_name(ctypes.c_void_p(handle)) or 0
        is_there = handle < name < handle + _HANDLE_BYTES and any(
            int(start, 16) <= handle and name + 128 <= int(end, 16)
            for start, end in (
                line.split(" ", 1)[0].split("-") for line in regions if line.split(" ", 2)[1].startswith("rw")
            )
        )
        if not is_there or not _NAME.fullmatch(ctypes.string_at(name)):
            raise OSError(f"no client of librdkafka behind {type(item).__name__}")
        self._handle = ctypes.c_void_p(handle)

    def setting(self, name: str) -> str:
        """Return the value of a setting, "" where it has none."""
        import ctypes

        value, size = ctypes.create_string_buffer(_VALUE_BYTES), ctypes.c_size_t(_VALUE_BYTES)
        settings = ctypes.c_void_p(self._library.rd_kafka_conf(self._handle))
        if self._library.rd_kafka_conf_get(settings, name.encode(), value, ctypes.byref(size)) != 0:
            return ""
        return value.value.decode("utf-8", "replace")

    def log(self, level: int) -> None:
        """Have it log what is at most of that level."""
        self._library.rd_kafka_set_log_level(self._handle, level)

    def look(self) -> Look:
        """Look at what it has."""
        import ctypes

        libc = ctypes.CDLL(None)
        libc.open_memstream.restype = ctypes.c_void_p
        text, size = ctypes.c_void_p(), ctypes.c_size_t()
        file = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
        if not file:
            raise OSError("no memory for what librdkafka tells")
        self._library.rd_kafka_dump(file, self._handle)
        libc.fclose(file)
        told = ctypes.string_at(text, size.value)
        libc.free(text)
        return Look(told)
