"""Starts a function without Dayfly where that is allowed, and says so in words that nobody overlooks.

The function runs without Dayfly only at an environment's first start, and only for what no request can bring about:
docs/layer.md, "When Dayfly cannot start", lists it. A layer has it beside its `boot.py`, too, which loads it by its path: must
run on any Python 3, also where the rest of Dayfly cannot be loaded.
"""

import errno
import os

_TYPE_CHECKING = False
if _TYPE_CHECKING:
    from collections.abc import Callable


def run_without(
    reason: str, fault: "BaseException | None", *, stops: bool, run: "Callable[[], None]"
) -> None:
    """Call `run`, which becomes the runtime without Dayfly and reports it, where that is allowed; else end this process.

    `fault` is what stopped Dayfly, None where Dayfly itself has found that it cannot take part here. With `stops` the
    function must not run without it.
    """
    rule = "DAYFLY_ON_FAILURE is stop" if stops else refusal(fault)
    if rule:
        os.write(2, f"dayfly: cannot start, and {rule}: {reason}\n".encode())
        os._exit(1)
    run()


def report(reason: str) -> None:
    """Say that nothing protects the function: on standard error, and in a finding of the environment.

    Takes the fleet's key out of the variables: it is for the supervisor, and there is none.
    """
    text = f"dayfly: not active, the function is NOT PROTECTED and runs without Dayfly: {reason}\n"
    os.write(2, text.encode("utf-8", "replace"))
    os.environ.pop("DAYFLY_FLEET_KEY", None)
    if not os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        return
    try:
        import time

        from dayfly.core.findings import UNPROTECTED, Where, finding_line

        where = Where(
            environment=os.urandom(8).hex(),
            function=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            version=os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        )
        message = f"NOT PROTECTED: the function runs without Dayfly: {reason}"
        os.write(2, finding_line(UNPROTECTED, where, now=time.time(), message=message))
    except Exception:  # trust boundary: what the layer lacks must not become the function's failure
        return


def refusal(fault: "BaseException | None") -> str:
    """Return the rule by which the function may not run without Dayfly; empty where it may.

    `fault` is what stopped Dayfly, None where Dayfly itself has found that it cannot take part here.
    """
    if "_DAYFLY_ZYGOTE" in os.environ or not is_first_start():
        return "after an environment's first start the function must not run without Dayfly"
    if fault is not None and not is_of_the_layer(fault):
        return "after a failure of this kind the function must not run without Dayfly"
    return ""


def is_first_start() -> bool:
    """Say whether the platform starts its first runtime here, as the wrapper asks it; False where /proc does not tell."""
    if not os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        # No environment: a command that somebody has entered.
        return True
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


def raise_limits() -> None:
    """Undo what a process that a request left behind may have done to this one before it was ended."""
    import resource

    for name in ("AS", "DATA", "FSIZE", "MEMLOCK", "NOFILE", "NPROC"):
        number = getattr(resource, "RLIMIT_" + name)
        hard = resource.getrlimit(number)[1]
        resource.setrlimit(number, (hard, hard))
