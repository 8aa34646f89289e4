"""Ends the threads that an OpenMP runtime keeps for the calling thread; "unsupported" is a return value.

Runtimes since OpenMP 5.0 have a call for it. GCC's libgomp before version 9, which many wheels carry, ends
them when the thread that led the team ends: by a destructor of thread-specific data
(gomp_free_thread in libgomp/team.c). Here that destructor is found in glibc's table of keys and called as
the thread's end would call it.
"""

from __future__ import annotations

import os

from dayfly._sys import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    Region = tuple[int, int, str, str]

# omp_pause_hard, https://www.openmp.org/spec-html/5.0/openmpsu158.html
_HARD = 2
# PTHREAD_KEYS_MAX, and struct pthread_key_struct: a sequence number, then the destructor (nptl/descr.h).
_KEYS = 1024
_KEY_BYTES = 16
_DESTRUCTOR_AT = 8
_LIBC = ("libc.so", "libc-2", "libpthread")
_MAPS_LIMIT = 1 << 24


def pause(path: str) -> bool:
    """End the pool threads that the runtime at `path` keeps for the calling thread.

    They are made again by the next parallel region, and the number of threads stays as it was set. False
    where the runtime is not loaded, is inside a parallel region, or is of a kind we do not know.
    """
    # 1.7 ms; only functions whose init left native threads get here.
    import ctypes

    try:
        library = ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_NOW)
    except OSError:
        return False
    call = getattr(library, "omp_pause_resource_all", None)
    if call is not None:
        return bool(call(_HARD) == 0)
    names = ("omp_in_parallel", "omp_get_max_threads", "omp_set_num_threads")
    if not os.path.basename(path).startswith("libgomp") or not all(hasattr(library, name) for name in names):
        return False
    if library.omp_in_parallel():
        return False
    number = library.omp_get_max_threads()
    if not _end_thread_data(path):
        return False
    if library.omp_get_max_threads() != number:
        library.omp_set_num_threads(number)
    return True


def _end_thread_data(path: str) -> bool:
    """Destroy what the library at `path` keeps for this thread, as the thread's end would."""
    import ctypes

    regions = _regions()
    table = _key_table(regions)
    code = [(start, end) for start, end, permissions, name in regions if name == path and "x" in permissions]
    if table is None or not code:
        return False
    libc = ctypes.CDLL(None)
    libc.pthread_getspecific.restype = ctypes.c_void_p
    was_found = False
    for key in range(_KEYS):
        entry = table + key * _KEY_BYTES
        address = ctypes.c_void_p.from_address(entry + _DESTRUCTOR_AT).value or 0
        if not any(start <= address < end for start, end in code):
            continue
        value = libc.pthread_getspecific(ctypes.c_uint(key))
        if value:
            libc.pthread_setspecific(ctypes.c_uint(key), None)
            ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)(value)
            was_found = True
    return was_found


def _key_table(regions: list[Region]) -> int | None:
    """Return where glibc's table of keys begins: two keys of our own show it, or it is not there."""
    import ctypes

    libc = ctypes.CDLL(None)
    # Never called: the keys never have a value, and are deleted at once. Two functions that nobody else
    # registers.
    marks = [ctypes.cast(getattr(libc, name), ctypes.c_void_p).value or 0 for name in ("labs", "llabs")]
    keys: list[int] = []
    for mark in marks:
        key = ctypes.c_uint()
        if libc.pthread_key_create(ctypes.byref(key), ctypes.c_void_p(mark)) == 0:
            keys.append(key.value)
    try:
        if len(keys) != len(marks):
            return None
        found = [
            {place - _DESTRUCTOR_AT - key * _KEY_BYTES for place in _places(regions, mark)}
            for mark, key in zip(marks, keys, strict=True)
        ]
    finally:
        for made in keys:
            libc.pthread_key_delete(ctypes.c_uint(made))
    agreed = found[0] & found[1]
    if len(agreed) != 1:
        return None
    table = agreed.pop()
    end = table + _KEYS * _KEY_BYTES
    return table if any(start <= table and end <= stop for start, stop, _, _ in _joined(regions)) else None


def _places(regions: list[Region], value: int) -> list[int]:
    import ctypes

    wanted = value.to_bytes(8, "little")
    places: list[int] = []
    for start, end, _permissions, _name in _joined(regions):
        data = ctypes.string_at(start, end - start)
        at = data.find(wanted)
        while at >= 0:
            if at % 8 == 0:
                places.append(start + at)
            at = data.find(wanted, at + 1)
    return places


def _joined(regions: list[Region]) -> list[Region]:
    """Return libc's writable memory: what is mapped from its file and the nameless rest that follows."""
    joined: list[Region] = []
    for start, end, permissions, name in regions:
        if not permissions.startswith("rw"):
            continue
        is_libc = os.path.basename(name).startswith(_LIBC)
        if joined and joined[-1][1] == start and (is_libc or not name):
            joined[-1] = (joined[-1][0], end, permissions, name)
        elif is_libc:
            joined.append((start, end, permissions, name))
    return joined


def _regions() -> list[Region]:
    try:
        text = proc.read_file("/proc/self/maps", limit=_MAPS_LIMIT).decode("utf-8", "replace")
    except OSError:
        return []
    regions: list[Region] = []
    for line in text.splitlines():
        fields = line.split(None, 5)
        start, _, end = fields[0].partition("-")
        regions.append((int(start, 16), int(end, 16), fields[1], fields[5] if len(fields) > 5 else ""))
    return regions
