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
    if os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY") is not None:
        if os.environ.get("DAYFLY_ON_FAILURE") == "stop":
            os.write(
                2,
                b"dayfly: cannot start, and DAYFLY_ON_FAILURE is stop: AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances) is "
                b"not supported\n",
            )
            raise SystemExit(1)
        os.write(
            2,
            b"dayfly: not supported with AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances); the function runs without it\n",
        )
        if os.environ.pop("DAYFLY_FLEET_KEY", None) is not None:
            # It is for the supervisor, and there is none: this process was executed with it in its variables.
            os.execv(sys.executable, sys.orig_argv)
        from awslambdaric.__main__ import main as run_untouched

        run_untouched(arguments)
        return
    from dayfly._sys import unreadable
    from dayfly.core.handshake import CLERK, MARKER

    arrival = unreadable.arrive(os.environ)
    if CLERK in os.environ:
        from dayfly.supervisor import clerk

        clerk.run(os.environ, arrival)
    if MARKER in os.environ:
        from dayfly.supervisor.startup import begin_zygote

        channel = begin_zygote(os.environ, arrival)
    else:
        instead = ""
        if arrival is None:
            from dayfly.supervisor.native import hand_over

            instead = hand_over(os.environ)
        from dayfly.errors import StartError
        from dayfly.supervisor import life

        # Before the rest is loaded: usually it goes on in a second interpreter.
        begun = life.begin(os.environ, arrival, instead=instead)
        from dayfly.supervisor import boot

        try:
            channel = boot.run(os.environ, begun)
        except StartError as fault:
            life.print_error(fault.message, fault.hint)
            raise SystemExit(boot.BAD_INPUT) from None
        except OSError as fault:
            # The layer starts the function without Dayfly then; here there is nothing else to start.
            life.print_error(
                f"the runtime cannot continue: {fault}",
                "free processes, file descriptors or memory",
            )
            raise SystemExit(1) from None
    os.environ.pop(MARKER, None)
    if sys.flags.isolated:
        from dayfly.supervisor import startup

        startup.restore_search_path(os.environ)
    from dayfly.runtime.start import show_loop, start

    show_loop(sys.modules["__main__"])
    start(arguments[1], channel)


if __name__ == "__main__":
    main(sys.argv)
