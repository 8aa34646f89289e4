"""`python -m dayfly.runtime app.handler`: a drop-in for `python -m awslambdaric app.handler`."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str]) -> None:
    """Serve the handler named by `arguments[1]`; returns only if AWS's loop does."""
    if len(arguments) < 2:
        os.write(
            2, b"dayfly: error: no handler was given\n  hint: run python -m dayfly.runtime app.handler\n"
        )
        raise SystemExit(2)
    from dayfly._sys import unreadable
    from dayfly.core.handshake import CLERK, MARKER
    from dayfly.runtime.startup import begin_zygote, restore_search_path

    arrival = unreadable.arrive(os.environ)
    if CLERK in os.environ:
        from dayfly.runtime import clerk

        clerk.run(os.environ, arrival)
    if MARKER not in os.environ:
        _supervise(arguments)
        return
    channel = begin_zygote(os.environ, arrival)
    os.environ.pop(MARKER, None)
    restore_search_path(os.environ)
    from dayfly.runtime.start import show_loop, start

    show_loop(sys.modules["__main__"])
    start(arguments[1], channel)


def _supervise(arguments: list[str]) -> None:
    """Become the supervisor, or say that the function is not protected and run it, where that is allowed."""
    from dayfly.errors import StartError
    from dayfly.runtime import failure
    from dayfly.runtime.native import hand_over

    # A misspelt stop must not mean run.
    stops = os.environ.get("DAYFLY_ON_FAILURE", "") not in ("", "run")
    reason = "AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances) is not supported"
    if os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY") is not None:
        if stops:
            failure.run_without(reason, None, stops=True, run=lambda: None)
        _run_unprotected(arguments, reason)
        return
    fault: Exception | None = None
    try:
        hand_over(os.environ)
    except StartError as found:
        reason = found.message
    except OSError as refused:
        fault, reason = refused, f"{type(refused).__name__}: {refused}"
    failure.run_without(reason, fault, stops=stops, run=lambda: _run_unprotected(arguments, reason))


def _run_unprotected(arguments: list[str], reason: str) -> None:
    if os.environ.pop("DAYFLY_FLEET_KEY", None) is not None:
        # It is for the supervisor, and there is none: this process was executed with it in its variables.
        os.execv(sys.executable, sys.orig_argv)
    from awslambdaric.__main__ import main as run_untouched

    from dayfly.runtime.failure import report
    from dayfly.runtime.startup import restore_search_path

    report(reason)
    for name in [name for name in os.environ if name.startswith("_DAYFLY_")]:
        del os.environ[name]
    restore_search_path(os.environ)
    run_untouched(arguments)


if __name__ == "__main__":
    main(sys.argv)
