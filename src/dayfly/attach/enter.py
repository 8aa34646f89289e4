"""What the layer's `boot.py` enters: the supervisor, and in the zygote the image's own bootstrap.

The image's `/var/runtime/bootstrap.py` runs unmodified in the zygote, so its search path, site directories and
variables are what they are without Dayfly, whatever version of it the image has; only the `main` of
awslambdaric that it calls in the end is Dayfly's. Where the layer's files or the image are unfit, the image's own runtime
starts instead; every other fault ends the runtime (`run_without` decides).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from dayfly._sys.channel import Channel

# The majors of awslambdaric whose loop `dayfly.runtime` was tried with.
KNOWN_CLIENTS = ("2", "3", "4")
# Options of the interpreter that take the next word as their value; `-c` and `-m` end the options.
_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
_PLAIN_FLAGS = frozenset("bBdEIOPqsSuvx")
_BOOTSTRAP_CALLS = b"awslambdaric.__main__"


class CannotStartError(Exception):
    """Why Dayfly cannot run this command; the function runs without it."""


class Target:
    """What a command line of Python starts.

    `kind` is `bootstrap` (a script that calls awslambdaric), `client` (`-m awslambdaric`) or `dayfly`
    (it runs under Dayfly as it is). `options` are the interpreter's own, `arguments` those of the program.
    """

    __slots__ = ("arguments", "kind", "name", "options")

    def __init__(self, kind: str, name: str, options: list[str], arguments: list[str]) -> None:
        self.kind = kind
        self.name = name
        self.options = options
        self.arguments = arguments


def understand(command: list[str]) -> Target:
    """Return what `command`, interpreter first, starts; raises CannotStartError where Dayfly cannot take part."""
    words = command[1:]
    options: list[str] = []
    while words and words[0].startswith("-") and words[0] != "-":
        word = words[0]
        if word.startswith("-m"):
            # `-mawslambdaric` is one word, `-m awslambdaric` two.
            name, arguments = (word[2:], words[1:]) if len(word) > 2 else ("".join(words[1:2]), words[2:])
            if name == "dayfly.runtime":
                return Target("dayfly", name, options, arguments)
            if name != "awslambdaric":
                raise CannotStartError(f"the module {name} is not awslambdaric")
            if not arguments:
                raise CannotStartError("no handler follows awslambdaric")
            return Target("client", name, options, arguments)
        count = 2 if word in _WITH_VALUE else 1
        is_known = word[:2] in _WITH_VALUE or word in _WITH_VALUE or set(word[1:]) <= _PLAIN_FLAGS
        if not is_known or len(words) < count:
            raise CannotStartError(f"unknown interpreter option {word}")
        options += words[:count]
        words = words[count:]
    if not words or words[0] == "-":
        raise CannotStartError("the command contains no program")
    return Target("bootstrap", words[0], options, words[1:])


def check_bootstrap(path: str, source: bytes) -> None:
    """Raise CannotStartError unless the script ends in the one call that Dayfly takes the place of."""
    if _BOOTSTRAP_CALLS not in source or b".main(" not in source:
        raise CannotStartError(f"{path} does not start awslambdaric in a supported way")


def enter(
    command: list[str],
    *,
    home: str,
    given: list[str],
    run_without: Callable[[str, BaseException | None], None],
    run_untouched: Callable[[str], None],
    stops: bool,
) -> None:
    """Run `command` under Dayfly; returns only when the function's own loop does.

    `given` is the search path as the interpreter made it, without the script's folder. `run_without` runs the function
    without Dayfly where that is allowed, `run_untouched` at any start, and says why if there is a reason; neither returns.
    With `stops` it is not allowed.
    """
    try:
        from dayfly._sys import unreadable
        from dayfly.core.handshake import CLERK, MARKER

        arrival = unreadable.arrive(os.environ)
        if CLERK in os.environ:
            from dayfly.runtime import clerk

            clerk.run(os.environ, arrival)
        target = understand(command)
        if target.kind == "dayfly":
            run_untouched("")
        if os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY") is not None:
            reason = "AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances) is not supported"
            if stops:
                raise CannotStartError(reason)
            run_untouched(reason)
        if target.options and sys.orig_argv[1 : 1 + len(target.options)] != target.options:
            os.execv(sys.executable, [sys.executable, *target.options, "-S", f"{home}/boot.py", *command])
        if target.kind == "bootstrap":
            with open(target.name, "rb") as file:
                check_bootstrap(target.name, file.read())
        from dayfly.errors import StartError

        if MARKER not in os.environ:
            from dayfly.runtime.native import hand_over

            try:
                hand_over(os.environ, place=home)
            except StartError as fault:
                raise CannotStartError(fault.message) from fault
        from dayfly.runtime.startup import begin_zygote

        channel = begin_zygote(os.environ, arrival)
        client = _prepare(target, command, channel, home=home, given=given)
    except CannotStartError as fault:
        run_without(str(fault), None)
        raise
    except Exception as fault:  # trust boundary: what the layer lacks must not become the function's failure
        run_without(f"{type(fault).__name__}: {fault}", fault)
        raise
    _serve(target, channel, client)


def _serve(target: Target, channel: Channel, client: ModuleType) -> None:
    """Start AWS's loop as `target` would have."""
    from dayfly.runtime.start import show_loop, start

    if target.kind == "client":
        from importlib.machinery import ModuleSpec

        module = _new_main(os.path.join(os.path.dirname(str(client.__file__)), "__main__.py"), "awslambdaric")
        # As `-m` leaves it: multiprocessing imports the main program again by this name.
        module.__spec__ = ModuleSpec("awslambdaric.__main__", None, origin=module.__file__)
        sys.argv[:] = [sys.modules["__main__"].__file__ or "", *target.arguments]
        show_loop(sys.modules["__main__"])
        start(target.arguments[0], channel)
        return
    sys.argv[:] = [target.name, *target.arguments]
    _run_bootstrap(target.name, lambda handler: start(handler, channel), show_loop)


def _prepare(
    target: Target, command: list[str], channel: Channel, *, home: str, given: list[str]
) -> ModuleType:
    """Restore what the function's code must find, load what its start needs of the layer, and return awslambdaric."""
    from dayfly.core.handshake import MARKER
    from dayfly.runtime.startup import shut_user_site

    os.environ.pop(MARKER, None)
    os.environ.pop("DAYFLY_ON_FAILURE", None)
    path = os.environ.pop("_DAYFLY_PYTHONPATH", None)
    sys.path[:] = given
    if path is not None:
        os.environ["PYTHONPATH"] = path
        if path and not sys.flags.ignore_environment:
            sys.path[:0] = [os.path.abspath(part) for part in path.split(os.pathsep)]
    # What -S left out, at the moment and in the order in which the interpreter does it.
    import site

    shut_user_site()
    site.main()
    sys.orig_argv[:] = command
    if not sys.flags.safe_path:
        folder = os.path.dirname(os.path.realpath(target.name)) if target.kind == "bootstrap" else os.getcwd()
        sys.path.insert(0, folder)
    client = _load_client(home)
    # Imported here for their faults: `start` would do it when it is too late to go back.
    from dayfly.runtime import client as _client  # noqa: F401
    from dayfly.runtime import forkhooks, heap, start  # noqa: F401

    if channel.options.guard != "off":
        from dayfly.runtime import unpacking  # noqa: F401
    return client


def _run_bootstrap(path: str, start: Callable[[str], None], show_loop: Callable[[ModuleType], None]) -> None:
    """Execute the image's bootstrap as the main program, with `start` for the main of awslambdaric."""
    from types import ModuleType

    name = "awslambdaric.__main__"
    stand_in = ModuleType(name)

    def main(arguments: list[str]) -> None:
        # Whoever imports it later gets AWS's.
        del sys.modules[name]
        start(arguments[1])

    stand_in.main = main  # type: ignore[attr-defined]
    show_loop(stand_in)
    sys.modules[name] = stand_in
    namespace = _new_main(path, None).__dict__
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    exec(code, namespace)


def _new_main(path: str, package: str | None) -> ModuleType:
    """Put a module for the program in `path` in the place of the layer's own main program."""
    from types import ModuleType

    module = ModuleType("__main__")
    old = sys.modules["__main__"]
    # Which of these names a main program has differs between versions; the layer's is one, too.
    for name, value in vars(old).items():
        if name.startswith("__"):
            setattr(module, name, value)
    module.__doc__ = None
    module.__file__ = path
    module.__package__ = package
    module.__loader__ = type(old.__loader__)("__main__", path)  # type: ignore[call-arg, misc]
    sys.modules["__main__"] = module
    return module


def _load_client(home: str) -> ModuleType:
    """Return awslambdaric with its loop loaded: the image's, or the layer's where that is missing or unknown."""
    from dayfly.runtime.start import leave_out_native_client

    leave_out_native_client()
    why = "this image has no awslambdaric"
    try:
        import awslambdaric
    except ImportError:
        pass
    else:
        if awslambdaric.__version__.partition(".")[0] in KNOWN_CLIENTS:
            from awslambdaric import bootstrap

            return awslambdaric  # type: ignore[no-any-return]
        why = f"this image's awslambdaric {awslambdaric.__version__} is not supported"
        for name in [name for name in sys.modules if name.partition(".")[0] == "awslambdaric"]:
            del sys.modules[name]
    # First, before an unknown version of the image's; what it needs comes last: the image's is preferred,
    # and function code must find the same registry of SnapStart hooks later on.
    sys.path.insert(0, f"{home}/client.zip/client")
    sys.path.append(f"{home}/client.zip/needs")
    try:
        import awslambdaric
        from awslambdaric import bootstrap  # noqa: F401
    finally:
        del sys.path[0]
    _say(f"{why}; Dayfly uses the layer's version {awslambdaric.__version__}")
    return awslambdaric  # type: ignore[no-any-return]


def _say(text: str) -> None:
    os.write(2, f"dayfly: {text}\n".encode())
