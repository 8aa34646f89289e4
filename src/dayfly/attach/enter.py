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
_MAX_REASON = 4096
# The number of the pipe on which a zygote reports why it cannot begin.
_REPORTS = "_DAYFLY_REPORTS"
# What a zygote that the native supervisor has executed ends with where it cannot take part: Python decides then.
_UNFIT = 70


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
    run_untouched: Callable[[], None],
    is_of_the_layer: Callable[[BaseException], bool],
    stops: bool = False,
) -> None:
    """Run `command` under Dayfly; returns only when the function's own loop does.

    `given` is the search path as the interpreter made it, without the script's folder. With `stops` the function must not
    run without Dayfly, and `run_without` ends it.
    """
    processors = os.sched_getaffinity(0)
    channel = None
    try:
        from dayfly._sys import unreadable
        from dayfly.core.handshake import CLERK, MARKER

        arrival = unreadable.arrive(os.environ)
        if CLERK in os.environ:
            from dayfly.supervisor import clerk

            clerk.run(os.environ, arrival)
        target = understand(command)
        if target.kind == "dayfly":
            run_untouched()
        if os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY") is not None:
            if stops:
                raise CannotStartError("AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances) is not supported")
            _say(
                "not supported with AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances); the function runs without it"
            )
            # It is for the supervisor, and there is none.
            os.environ.pop("DAYFLY_FLEET_KEY", None)
            run_untouched()
        if target.options and sys.orig_argv[1 : 1 + len(target.options)] != target.options:
            os.execv(sys.executable, [sys.executable, *target.options, "-S", f"{home}/boot.py", *command])
        if target.kind == "bootstrap":
            with open(target.name, "rb") as file:
                check_bootstrap(target.name, file.read())
        if MARKER in os.environ:
            from dayfly.supervisor.startup import begin_zygote

            channel = begin_zygote(os.environ, arrival)
        else:
            instead = ""
            if arrival is None:
                from dayfly.supervisor.native import hand_over

                instead = hand_over(os.environ, place=home)
            from dayfly.supervisor import life

            # Before the rest is loaded: usually it goes on in a second interpreter.
            begun = life.begin(os.environ, arrival, instead=instead)
            from dayfly.supervisor import boot
    except CannotStartError as fault:
        run_without(str(fault), None)
        raise
    except Exception as fault:  # trust boundary: what the layer lacks must not become the function's failure
        run_without(_describe(fault), fault)
        raise
    if channel is None:
        reports = _Reports()
        os.environ[_REPORTS] = str(reports.write_end)
        environ = {name: value for name, value in os.environ.items() if name != "DAYFLY_ON_FAILURE"}
        try:
            channel = boot.run(environ, begun)
            # The zygote, forked off: the supervisor alone reads.
            os.close(reports.read_end)
        except SystemExit as ending:
            reason = reports.read()
            if reason and not _is_serving(ending.__context__):
                _undo(processors, reports)
                run_without(reason, None if reports.is_of_the_layer else ending)
            if reason:
                _say(reason)
            raise
        except Exception as fault:  # trust boundary: ours, and nothing was asked of the platform yet
            if not _is_serving(fault):
                _undo(processors, reports)
                run_without(_describe(fault), fault)
            raise
    _become_zygote(target, command, channel, home=home, given=given, is_of_the_layer=is_of_the_layer)


class _Reports:
    """A pipe on which a zygote reports why it cannot begin; it closes its end before it loads the handler.

    `is_of_the_layer` says what kind of fault was read.
    """

    __slots__ = ("is_of_the_layer", "read_end", "write_end")

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        # A zygote may be executed, not forked; the supervisor executes nothing else.
        os.set_inheritable(self.write_end, True)
        # Something that a .pth file started may hold the other end for ever.
        os.set_blocking(self.read_end, False)

        self.is_of_the_layer = False

    @staticmethod
    def write(descriptor: int, fault: BaseException, *, is_of_the_layer: bool) -> None:
        """In the zygote: report a fault."""
        text = f"{is_of_the_layer:d}{_describe(fault)}"
        os.write(descriptor, text.encode("utf-8", "replace")[:_MAX_REASON])

    def read(self) -> str:
        """Return what a zygote wrote; empty if none did."""
        try:
            text = os.read(self.read_end, _MAX_REASON).decode("utf-8", "replace")
        except BlockingIOError:
            return ""
        self.is_of_the_layer = text[:1] == "1"
        return text[1:]


def _is_serving(fault: BaseException | None) -> bool:
    """Say whether the fault came out of the loop: events were taken, and another runtime would repeat one."""
    loop = sys.modules.get("dayfly.supervisor.loop")
    if loop is None:
        # It is loaded late, and may be what is broken.
        return False
    trace = fault.__traceback__ if fault is not None else None
    while trace is not None:
        if trace.tb_frame.f_code is loop.Supervisor.serve.__code__:
            return True
        trace = trace.tb_next
    return False


def _undo(processors: set[int], reports: _Reports) -> None:
    """Give back what an executed program inherits and a start changes."""
    os.close(reports.read_end)
    os.close(reports.write_end)
    os.sched_setaffinity(0, processors)
    number = os.environ.get("_LAMBDA_TELEMETRY_LOG_FD", "")
    if number.isdigit():
        os.set_inheritable(int(number), True)


def _become_zygote(
    target: Target,
    command: list[str],
    channel: Channel,
    *,
    home: str,
    given: list[str],
    is_of_the_layer: Callable[[BaseException], bool],
) -> None:
    # The native supervisor has none, and goes by how the zygote ends.
    reports = os.environ.pop(_REPORTS, "")
    try:
        client = _prepare(target, command, channel, home=home, given=given)
    except (
        Exception
    ) as fault:  # trust boundary: the layer's fault; the supervisor goes back to the image's runtime
        if not reports:
            _say(_describe(fault))
            os._exit(_UNFIT)
        _Reports.write(int(reports), fault, is_of_the_layer=is_of_the_layer(fault))
        os._exit(1)
    if reports:
        os.close(int(reports))
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
    from dayfly.supervisor.startup import shut_user_site

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


def _describe(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {fault}"


def _say(text: str) -> None:
    os.write(2, f"dayfly: {text}\n".encode())
