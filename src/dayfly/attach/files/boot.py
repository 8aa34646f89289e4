"""Leads from the layer's wrapper into its bytecode; short, since a script is compiled at every start.

Must also run, and give up in order, on Pythons that Dayfly does not support.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# `dayfly layer build --on-failure stop` writes the other here and into the wrapper.
ON_FAILURE = "run"


def failure() -> "dict[str, Any]":
    """Return what `failure.py` defines: most starts have no use for it, and it would be compiled each time."""
    names = {"__name__": "failure"}
    with open(os.path.join(home, "failure.py"), "rb") as file:
        exec(file.read(), names)
    return names


def run_without(reason: str, fault: "BaseException | None" = None) -> None:
    """Become the runtime that would have been started without Dayfly where that is allowed, or end; never returns."""
    if is_of_a_supervisor:
        # Started by the supervisor. Nothing but a clerk's work may run in a clerk, least of all the function; for a zygote
        # whose files are unfit the supervisor executes its command anew, which decides.
        is_unfit = fault is None or failure()["is_of_the_layer"](fault)
        os.write(2, f"dayfly: {'' if is_unfit else 'cannot start: '}{reason}\n".encode())
        os._exit(70 if is_unfit else 1)
    failure()["run_without"](reason, fault, stops=stops, run=lambda: run_untouched(reason))


def run_untouched(reason: str = "") -> None:
    """Execute the command the wrapper was called with, in the environment it was called in; never returns.

    Without protection for a `reason`, which is reported.
    """
    if reason:
        failure()["report"](reason)
    path = os.environ.pop("_DAYFLY_PYTHONPATH", None)
    if path is not None:
        os.environ["PYTHONPATH"] = path
    for name in [name for name in os.environ if name.startswith("_DAYFLY_")]:
        del os.environ[name]
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
stops = (os.environ.get("DAYFLY_ON_FAILURE", "") or ON_FAILURE) == "stop"
# Asked for now: the function's code finds the variables as they were.
is_of_a_supervisor = "_DAYFLY_CLERK" in os.environ or "_DAYFLY_ZYGOTE" in os.environ
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
        raise RuntimeError("this Python is older than 3.11")
    if os.environ.get("DAYFLY_NEXT_WRAPPER"):
        raise RuntimeError(
            "DAYFLY_NEXT_WRAPPER is set, but that wrapper did not start: start the command with it, or remove the variable"
        )
    if not os.path.exists(library):
        raise RuntimeError(f"this layer was not built for {sys.implementation.cache_tag}")
    if "_DAYFLY_LATER" in os.environ:
        failure()["raise_limits"]()
    sys.path.insert(0, library)
    from dayfly.attach.enter import enter
except Exception as fault:  # trust boundary: a broken layer must not become the function's failure
    # Raised in this file, above: Dayfly has found by itself that it cannot take part.
    is_finding = type(fault) is RuntimeError and getattr(fault.__traceback__, "tb_next", None) is None
    run_without(f"{type(fault).__name__}: {fault}", None if is_finding else fault)
enter(
    sys.argv[1:],
    home=home,
    given=given,
    run_without=run_without,
    run_untouched=run_untouched,
    stops=stops,
)
