"""`python -m dayfly.runtime app.handler`: a drop-in for `python -m awslambdaric app.handler`."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str]) -> None:
    """Serve the handler named by `arguments[1]`; returns only if AWS's loop does."""
    if len(arguments) < 2:
        os.write(2, b"dayfly: error: no handler is named\n  hint: python -m dayfly.runtime app.handler\n")
        raise SystemExit(2)
    if os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY") is not None:
        os.write(
            2,
            b"dayfly: not supported with AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances); the function runs without it\n",
        )
        from awslambdaric.__main__ import main as run_untouched

        run_untouched(arguments)
        return
    from dayfly.supervisor.zygote import MARKER, channel_from_environment

    channel = channel_from_environment(os.environ)
    if channel is None:
        from dayfly.errors import StartError
        from dayfly.supervisor import boot

        try:
            channel = boot.run(os.environ)
        except StartError as fault:
            boot.print_error(fault.message, fault.hint)
            raise SystemExit(boot.BAD_INPUT) from None
    os.environ.pop(MARKER, None)
    from dayfly.runtime.start import show_loop, start

    show_loop(sys.modules["__main__"])
    start(arguments[1], channel)


if __name__ == "__main__":
    main(sys.argv)
