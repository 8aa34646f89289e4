"""Leads from the layer's wrapper into its bytecode; short, since a script is compiled at every start.

Must also run, and give up in order, on Pythons that Dayfly does not support.
"""

import errno
import os
import sys

# `dayfly layer build --on-failure stop` writes the other here and into the wrapper.
ON_FAILURE = "run"


def is_first_start() -> bool:
    """Say whether the platform starts its first runtime here, as the wrapper asks it; False where /proc does not tell."""
    pid = os.getppid()
    try:
        while pid > 0:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b") ")[2].split()
            if fields[8] != b"0":
                return False
            pid = int(fields[1])
    except (OSError, ValueError, IndexError):
        return False
    return True


def is_of_the_layer(fault: BaseException) -> bool:
    """Say whether a fault is known to come of the layer's files, and of nothing that a request could bring about.

    A file that is missing or may not be read, and bytecode that is spoilt or of another Python. A want of
    descriptors, processes, memory or space may show in the same way, so there must be some left.
    """
    if isinstance(fault, OSError):
        return fault.errno in (errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.EISDIR) and has_room()
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    # Python's own importer, which is frozen, has given up on a file.
    is_importers = trace is not None and trace.tb_frame.f_code.co_filename.startswith("<frozen ")
    is_import = isinstance(fault, (ImportError, SyntaxError)) or is_importers
    return is_import and not isinstance(fault, (MemoryError, RecursionError)) and has_room()


def has_room() -> bool:
    """Say whether a start has the descriptors, the memory and the process that it takes."""
    pipes: list[int] = []
    try:
        for _ in range(16):
            pipes += os.pipe()
        bytearray(16 << 20)
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    except (OSError, MemoryError):
        return False
    finally:
        for descriptor in pipes:
            os.close(descriptor)
    return True


def run_without(reason: str, fault: "BaseException | None" = None) -> None:
    """Become the runtime that would have been started without Dayfly, or end; never returns.

    `fault` is what stopped Dayfly, None where Dayfly itself has found that it cannot take part here. The function runs without
    Dayfly only at an environment's first start, and only for what no request can bring about.
    """
    if (os.environ.pop("DAYFLY_ON_FAILURE", "") or ON_FAILURE) == "stop":
        os.write(2, f"dayfly: cannot start, and DAYFLY_ON_FAILURE is stop: {reason}\n".encode())
        os._exit(1)
    if "_DAYFLY_ZYGOTE" in os.environ or not is_first_start():
        refuse("in an environment that was in use no function runs without Dayfly", reason)
    if fault is not None and not is_of_the_layer(fault):
        refuse("with such a fault no function runs without Dayfly", reason)
    os.write(2, f"dayfly: not in force, the function runs without it: {reason}\n".encode())
    os.environ.pop("DAYFLY_FLEET_KEY", None)
    run_untouched()


def refuse(rule: str, reason: str) -> None:
    """End the runtime, so that the platform starts another; never returns."""
    os.write(2, f"dayfly: cannot start, and {rule}: {reason}\n".encode())
    os._exit(1)


def raise_limits() -> None:
    """Undo what a process that a request left behind may have done to this one before it was ended."""
    import resource

    for name in ("AS", "DATA", "FSIZE", "MEMLOCK", "NOFILE", "NPROC"):
        number = getattr(resource, "RLIMIT_" + name)
        hard = resource.getrlimit(number)[1]
        resource.setrlimit(number, (hard, hard))


class UnfitError(Exception):
    """Dayfly cannot take part here, whatever the environment went through."""


def run_untouched() -> None:
    """Execute the command the wrapper was called with, in the environment it was called in; never returns."""
    path = os.environ.pop("_DAYFLY_PYTHONPATH", None)
    if path is not None:
        os.environ["PYTHONPATH"] = path
    for name in ("_DAYFLY_REPORTS", "_DAYFLY_MET"):
        os.environ.pop(name, None)
    os.execvp(sys.argv[1], sys.argv[1:])


if os.environ.get("DAYFLY_ON_FAILURE", "") not in ("", "run", "stop"):
    # The wrapper has looked already; an image without a shell begins here.
    os.write(2, f"dayfly: error: DAYFLY_ON_FAILURE is {os.environ['DAYFLY_ON_FAILURE']}\n".encode())
    os.write(2, b"  hint: use run or stop\n")
    os._exit(2)
if "PYTHONPATH" in os.environ and not sys.flags.ignore_environment:
    # No wrapper has hidden it from the supervisor, which loads nothing of the function's.
    os.environ["_DAYFLY_PYTHONPATH"] = os.environ.pop("PYTHONPATH")
    os.execv(sys.executable, [sys.executable, "-S", *sys.argv])
home = os.path.dirname(os.path.abspath(__file__))
base = os.path.join(home, str(sys.implementation.cache_tag))
for library in (base, base + ".zip", os.path.join(home, "source.zip")):
    if os.path.exists(library):
        break
if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]
given = sys.path[:]
try:
    if sys.hexversion < 0x030B0000:
        raise UnfitError("this Python is older than 3.11")
    if os.environ.get("DAYFLY_NEXT_WRAPPER"):
        raise UnfitError(
            "DAYFLY_NEXT_WRAPPER is set, and nothing has started it: begin with that wrapper, or take the variable away"
        )
    if not os.path.exists(library):
        raise UnfitError(f"this layer was not built for {sys.implementation.cache_tag}")
    if not is_first_start():
        raise_limits()
    sys.path.insert(0, library)
    from dayfly.attach.enter import enter
except UnfitError as unfit:
    run_without(str(unfit))
except Exception as fault:  # trust boundary: a broken layer must not become the function's failure
    run_without(f"{type(fault).__name__}: {fault}", fault)
stops = (os.environ.get("DAYFLY_ON_FAILURE", "") or ON_FAILURE) == "stop"
enter(
    sys.argv[1:],
    home=home,
    given=given,
    run_without=run_without,
    run_untouched=run_untouched,
    is_of_the_layer=is_of_the_layer,
    stops=stops,
)
