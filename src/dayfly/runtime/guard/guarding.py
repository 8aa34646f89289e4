"""One environment's guard: what an invocation brought, what was judged of it, and what became of the judgements."""

from __future__ import annotations

import gc
import os
import sys
import time
from _thread import get_ident
from types import CodeType, FunctionType

from dayfly.core.event_values import MAX_PLACES
from dayfly.core.reports import MANY, MANY_AT_INIT, MANY_OF_RULE, MANY_PLACES, MANY_USES, SUBJECTS, Report
from dayfly.core.structure.inert import is_inert
from dayfly.core.structure.judgement import contributed
from dayfly.core.structure.trusted_literals import OwnText, choices_of, texts_of
from dayfly.runtime.guard import calls, owncode, owntext
from dayfly.runtime.guard.code_identity import KnownCode
from dayfly.runtime.guard.contributed import Joined, earlier_events, still_asked, take_apart
from dayfly.runtime.guard.late import NAMES, LateModules
from dayfly.runtime.guard.loading import are_loaders_own, loaded_from
from dayfly.runtime.guard.places import Places
from dayfly.runtime.guard.reentrancy import is_at_work, take_turn
from dayfly.runtime.guard.refusal import Refused, RefusedRecord, describe, describe_use, error_body
from dayfly.runtime.guard.switch import Planted, Switch, seal
from dayfly.runtime.guard.tampering import LOOPS, Unchanged
from dayfly.runtime.guard.written import FIELD_NAMERS, GENERATORS, Written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType, TracebackType
    from typing import Any

    from dayfly.core.handshake import ZygoteOptions
    from dayfly.core.provenance import Provenance
    from dayfly.core.reports import Use
    from dayfly.core.structure.judgement import Judgement, Span
    from dayfly.runtime.guard.capabilities import Capabilities
    from dayfly.runtime.guard.contributed import Event, Read
    from dayfly.runtime.guard.residue import Comparison
    from dayfly.runtime.guard.shapes import LearnedShapes

_MANY_DIGITS = 6
_REHEARSED = (
    b'{"a":["b c",1,2.5,null,true],"d":"/e%20f?g=h&i=j","k":"{\\"l\\": \\"m\\"}","n":"bG9uZ2VyIHRleHQ="}'
)
# Values of an event that are read where nothing is refused; a code sink that an event beyond them reaches is told of.
_MANY_OBSERVED = 16_000
# One request of 256, by the platform's numbers, is looked at in full though nothing speaks for it.
_SAMPLED = "00"
# Frames between a library that writes code and whoever asked it to.
_MANY_STEPS = 24
# What has one budget for all its rules.
_LESSER = frozenset(("computed", "unknown"))
# Findings of what was tried leave the worker before it goes on: it may never answer.
_AT_ONCE = frozenset(("refused", "observed"))
# Characters of an error's message, so that the error fits into a report whatever they are.
_MANY_SAID = 500
# Decorators around one function.
_MANY_WRAPPERS = 8
# What an unknown origin is worth telling of: elsewhere most texts are neither the event's nor constants.
_NEVER_UNREAD = frozenset(("python", "code", "template", "shell", "argv", "global"))
# What was let pass of these may have changed anything in this process, but for source that only computes a value.
_BRINGS_CODE = frozenset(("python", "code", "template", "global", "import", "hook"))
_TOLD_UNKNOWN = frozenset(("python", "code", "template", "shell", "global"))


class Guard:
    """Judges what the hook and the wrappers of drivers ask about, once an event is there.

    `is_active` from the first `begin` on: what goes on after the answer is judged by its event until the next one is there.
    At init, and in the zygote, nothing is looked at.
    """

    def __init__(self, options: ZygoteOptions, task: str) -> None:
        self.is_block = options.guard == "block"
        # Whether an event is served, and the hook's state.
        self.switch = Switch()
        self.is_armed = False
        # The function initialises; capabilities are looked at then as well.
        self.is_starting = False
        self.capabilities: Capabilities | None = None
        # What the policy knows of shapes, or is to learn; None where it does neither.
        self.shapes: LearnedShapes | None = None
        self._mode = options.guard
        # Threads in which the guard itself is at work, and how deep; what it does there begins in a hook or in one of these.
        self.busy: dict[int, int] = {}
        # What the first log line is to say beside the mode.
        self.limits: list[str] = []
        # Names of the values that templates of the events' show, for as long as they may be kept.
        self.shown: set[str] = set()
        self.is_sealed = False
        self.late_modules = LateModules(self)
        # Whether the zygote gets to know what workers loaded; where it does not, each would load it anew.
        self._has_learners = options.warms and options.isolation == "invocation"
        self._is_disarmed = False
        self._is_closed = options.guard_closed
        self._lasts = options.isolation != "invocation"
        self._key = bytes.fromhex(options.guard_key)
        self._task = task
        self._temporary = options.temporary
        host, _, port = options.platform.rpartition(":")
        # Where the Runtime API is: no worker has any business there.
        self.platform = (host, int(port)) if port.isdigit() else ("", 0)
        owncode.take()
        self.places = Places(task, options.temporary, since=time.time())
        # Looks for code in the file that it claims to be of.
        self._of_files = KnownCode(self.places)
        self._texts: list[str] = []
        self._modules: list[CodeType] = []
        # Packages that were installed into the function's folder, once somebody asked.
        self._libraries: frozenset[str] | None = None
        # What the function's code says.
        self.own = OwnText()
        self._written = Written(self.own, ())
        # The environment's variables before an event could change any.
        self.first_variables: frozenset[tuple[str, str]] = frozenset()
        self._known: frozenset[str] = frozenset()
        self._changes: Unchanged | None = None
        self._comparison: Comparison | None = None
        # Code that an event brought, and code that nobody knows who brought, was let pass while this event was served.
        self.suspicions = self.doubts = 0
        # Code that was made or executed meanwhile otherwise than by the import system from a file, but for what is compiled.
        self.made = 0
        self._has_begun = False
        self._read: tuple[Read, ...] = ()
        # Sends a finding or an error to the supervisor; returns whether it was sent. None where there is none.
        self.report: Callable[..., bool] | None = None
        self._forget()

    def _forget(self) -> None:
        self._request_id = ""
        self._is_last = False
        # By threads: the events that they may still be at work on.
        self._earlier: dict[int, tuple[Event, ...]] = {}
        self._take_event(b"", "")
        self._forget_reports()

    def _forget_reports(self) -> None:
        self._reports: list[Report] = []
        self._budgets: dict[str, int] = {}
        self._told: set[tuple[str, str, str]] = set()

    def _take_event(self, body: bytes, context: str) -> None:
        # At once: threads of the last event's may go on, and are never to find none.
        self._event = (body, context)
        # Each with the event that it was read of: who reads may be late.
        self._read = still_asked(self._read, self._earlier)
        # Paths that the function computed, each with the path that it had and the directory that was left out.
        self.computed_paths: dict[str, tuple[str, str]] = {}
        # Names of an archive's members that lead out of the directory for them.
        self.leading_members: set[str] = set()
        self._observed_path = ""
        # What libraries compiled while this event was served.
        self._by_libraries: KnownCode | None = None
        # What this event did is no example for others.
        self._is_judged = False
        # The same, but for uses that the policy does not allow: those are to be learned.
        self._is_suspect = False
        self._refusal = ""
        self._surfaced = False
        self._handler_thread = 0

    @property
    def has_refused(self) -> bool:
        """Say whether something of this event was refused."""
        return bool(self._refusal)

    @property
    def is_active(self) -> bool:
        return self.switch.is_active()

    def settle(self) -> None:
        """Init is done and no event was seen: take what there is for the function's own."""
        from dayfly.runtime.guard import drivers

        self.is_starting = False
        self.switch.settle()
        if sys.pycache_prefix and self.places.is_temporary(sys.pycache_prefix):
            # Whoever writes there writes what the next import executes.
            sys.pycache_prefix = None
            self.note("bytecode in PYTHONPYCACHEPREFIX is ignored, because functions can write there")
        # A second for clocks of file systems that count in coarser steps.
        self.places = Places(self._task, self._temporary, since=time.time() + 1.0)
        # Here, and once: it reads a file of each library that lies beside the function.
        self._libraries = owntext.libraries_in(self._task)
        codes = [one for one in self._modules if not self._is_beside(one.co_filename)]
        modules = owntext.function_modules(self.places, self._libraries)
        # The deployer wrote the variables of the environment, too.
        texts = list(os.environ.values())
        self.first_variables = frozenset(os.environ.items())
        names: set[str] = set()
        # With what the modules' globals hold, as no event has met them yet.
        for module in modules:
            texts += owntext.texts_in(module, names)
        for code in codes:
            texts += texts_of(code, names)
        choices = [text for code in codes for text in choices_of(code)]
        choices += [text for module in modules for text in owntext.choices_in(module)]
        calls.watch(self, codes)
        called = {name for code in codes for one in owncode.within(code) for name in one.co_names}
        wanted = set(drivers.called_for(called))
        self._modules = []
        texts += owntext.hosts_in(texts)
        names.difference_update(texts)
        texts += names
        self._known = frozenset(text for text in texts if text.isidentifier())
        self._texts = texts
        self.own = OwnText(texts, choices=choices, names=frozenset(names))
        self._written = Written(self.own)
        self.late_modules.prepare(wanted if self._has_learners else NAMES)
        self._changes = Unchanged()

    def watch(self) -> None:
        """Init is over and frozen: from here on what changes in memory is noticed."""
        from dayfly.runtime.guard.residue import Comparison

        if self._is_disarmed:
            return
        self._seal()
        variables = self.capabilities.variables if self.capabilities is not None else None
        comparison = Comparison(
            self.places, self._digest, lasts=self._lasts, emptied=self._temporary, variables=variables
        )
        if comparison.is_watching:
            self._comparison = comparison
        else:
            self.note("this interpreter does not support memory comparison")

    def rehearse(self) -> None:
        """In the zygote, where nobody is served: judge what an event of nobody's has no part in.

        The first judgement of a process takes 2 to 4 ms: it reads what is loaded, and half of it are pages that the
        interpreter writes to as it runs code for the first time. What is made of that here is there for all later workers.
        """
        from dayfly.runtime.guard import sinks

        if self._is_disarmed:
            return
        self._take_event(_REHEARSED, "")
        try:
            self.ask(sinks.about_path, "/tmp/a")
            self.ask(sinks.about_python, "1")
            self.ask(sinks.about_host, "localhost")
        except (Refused, RefusedRecord):
            # A fault of the guard's own, where those refuse: the first event will meet it, too.
            pass
        self._forget()

    def has_rehearsed(self) -> None:
        """A rehearsal is over: nobody has been served."""
        if not self.switch.end():
            return
        self._forget()
        self._has_begun = False
        if self._comparison is not None:
            self._comparison.pause()

    def _seal(self) -> None:
        """Have whoever changes the guard from here on reported by audit.so, though he changes it back."""
        from dayfly.runtime.guard import audit_events, bootstrap, builtin

        self.is_sealed = self.switch.is_native
        if not self.is_sealed:
            return
        state: dict[str, object] = {
            "audit_events.ACTS": audit_events.ACTS,
            "owncode._CODES": owncode._CODES,
            "owncode._MODULES": owncode._MODULES,
            "builtin._OWN": builtin._OWN,
            "guarding.Guard": vars(self),
            "guarding.Guard.busy": self.busy,
            "guarding.Guard.late": self.late_modules.loaded,
            "switch": vars(self.switch),
        }
        seal(self.switch, state, bootstrap.HANDLE)
        # What audit.so watches need not be compared after each event.
        self._changes = Unchanged(LOOPS)
        if self.capabilities is not None:
            self.capabilities.own = None

    def remember(self, source: str | bytes) -> None:
        """A text was let pass to the compiler: what is made of it is nobody's plant."""
        if self._comparison is not None:
            self._comparison.known.remember(source)

    def remember_written(self, source: str | bytes) -> None:
        """A library compiles a text that is not the event's, though perhaps nobody knows whose."""
        if self._by_libraries is None:
            self._by_libraries = KnownCode(self.places)
        self._by_libraries.remember(source)

    def is_written(self, code: object) -> bool:
        """Say whether a library compiled this code while this event was served."""
        written = self._by_libraries
        # Where there was more than is remembered, any code would pass.
        return (
            written is not None
            and not written.is_forgetful
            and type(code).__name__ == "code"
            and written.is_known(code)  # type: ignore[arg-type]
        )

    def keep_module(self, code: object, frame: FrameType) -> None:
        """Code is executed: note a module of Dayfly's, and one of the function's for what stands outside its functions."""
        if type(code) is not CodeType or code.co_name != "<module>":
            self.made += 1
            return
        path, module = loaded_from(frame, code)
        is_init = self._changes is None
        if is_init and self.places.is_functions(path or code.co_filename):
            self._modules.append(code)
        is_guards = path.startswith(owncode.FOLDERS)
        if is_init and module is not None and not is_guards:
            # Whose loaders they are is a question of events.
            return
        if module is None or not are_loaders_own():
            self.made += 1
        elif is_guards:
            owncode.load(code, path, module)

    def disarm(self) -> None:
        """Look at nothing from here on."""
        if not self.switch.end():
            return
        self._is_disarmed = True
        self.is_starting = False

    def begin(
        self,
        body: bytes,
        request_id: str,
        context: str = "",
        *,
        is_last: bool = False,
        reports_to: tuple[int, bytes] = (-1, b""),
    ) -> None:
        """An event is there and its handler is about to be called; `context` is what its caller sent beside it.

        `is_last`: of several that this process serves. `reports_to`: the supervisor's socket, and the invocation's nonce.
        """
        if not self._on(request_id, *reports_to):
            return
        self._request_id = request_id
        self._is_last = is_last
        if self._lasts and self._has_begun:
            self._earlier = earlier_events(self._earlier, self._event)
        self._take_event(body, context)
        if not self._has_begun:
            # What this worker did before its event is no event's doing.
            self._has_begun = True
            self.suspicions = self.doubts = self.made = 0
            self._begin_comparison()

    def end_of_loading(self) -> str:
        """The handler is loaded; return the message of what was refused of that and swallowed, "" where nothing was."""
        if changed := self._changed_own():
            self.tell("observed", "runtime.patched", place=changed)
            if self.refuses("runtime.patched"):
                self._refusal = describe("runtime.patched", changed)
        return self._refusal

    def _changed_own(self) -> str:
        own = self.capabilities.own if self.capabilities is not None else None
        return own.found(self.places) if own is not None else ""

    def enter(self) -> None:
        """The handler is called: in this thread a refusal will be met by `guard.bootstrap`."""
        self._handler_thread = get_ident()

    def leave(self, refused: BaseException | None = None) -> None:
        """The handler is done; `refused` is what came out of it, where that is this guard's."""
        self._handler_thread = 0
        self._surfaced = refused is not None
        if self._refusal and self.report is not None:
            # The supervisor waits a little longer: the error is being described.
            self.report()

    def end(self, answer: bytes = b"") -> tuple[bytes, bytes]:
        """The answer is there; return what a note begins with and the answer that replaces it, if any."""
        if b'"statusCode"' in answer:
            from dayfly.runtime.guard import sinks

            try:
                self.ask(sinks.about_answer, answer)
            except (Refused, RefusedRecord):
                # Sent below.
                pass
        changed = self._changes.found(self.places) if self._changes is not None else ""
        changed = changed or self._changed_own() or self._switched_off()
        reported = self.switch.changed()
        if reported and self.switch.has_told():
            self._told.add(("runtime.patched", reported, ""))
        # From here on nothing of it can be sent; without a pause, which a thread that goes on would meet.
        if not self._on(self._request_id, -1, b""):
            return b"", b""
        patched = self._compare()
        self.suspicions = self.doubts = self.made = 0
        changed = reported or changed
        if changed:
            self.tell("observed", "runtime.patched", place=changed)
        if (changed or patched) and self.refuses("runtime.patched"):
            # It is too late to refuse; whether the answer may go out is not.
            self._refusal = describe("runtime.patched", changed or patched)
        body = error_body(self._refusal, self._request_id) if self._refusal and not self._surfaced else b""
        return self.said(), body

    def _on(self, request_id: str, descriptor: int, nonce: bytes) -> bool:
        if self._is_disarmed:
            return self.switch.end()
        return self.switch.begin(descriptor, nonce, request_id, int(self.refuses("runtime.patched")))

    def said(self, *, of_init: bool = False) -> bytes:
        """Return what a note begins with, or what there is to tell `of_init`, and forget that it was to be said."""
        # A note is cut at its end.
        reports = sorted(self._reports, key=lambda one: one.verdict in _LESSER)
        if self.capabilities is not None:
            limit = MANY_AT_INIT if of_init else MANY_USES
            reports = reports + self.capabilities.take_news(limit, is_suspect=self._is_suspect)
        if self.shapes is not None:
            reports = reports + self.shapes.take_news(is_judged=self._is_judged)
        said = "".join(f"G{report.pack()}\n" for report in reports)
        self._forget_reports()
        return (said + "\n").encode("ascii", "replace") if said else b""

    def _switched_off(self) -> str:
        if not self.is_active and not self._is_disarmed:
            return "the guard"
        return "the audit hook" if self.is_armed and not self.switch.hears() else ""

    def _begin_comparison(self) -> None:
        if self._comparison is None:
            return
        ident = get_ident()
        self.busy[ident] = 1
        try:
            gc.freeze()
            self._comparison.begin()
        finally:
            self.busy.pop(ident, None)

    def _compare(self) -> str:
        """Tell what was planted; return what of Dayfly's own was replaced, "" where nothing was."""
        comparison = self._comparison
        patched = ""
        if comparison is None:
            return patched
        ident = get_ident()
        self.busy[ident] = 1
        try:
            path = self._observed_path
            for one in comparison.look(
                self._event[0],
                is_suspect=self.suspicions > 0,
                is_doubtful=self.doubts > 0,
                is_sampled=self._is_last or self._request_id.endswith(_SAMPLED),
                has_made_code=self.made > 0,
            ):
                if one.rule == "runtime.patched":
                    patched = patched or one.place
                self.tell(
                    "planted" if one.is_certain else "unknown",
                    one.rule,
                    place=one.place,
                    path=path,
                    text=one.code,
                    change=one.change,
                )
        except Exception as fault:
            # Trust boundary: objects of anybody's are looked at.
            self.tell("fault", "guard.fault", place=where_of(fault))
        finally:
            self.busy.pop(ident, None)
        return patched

    @property
    def written(self) -> OwnText:
        """What the function's code says, and libraries say whose business is to write code."""
        return self._written.now()

    @property
    def provenance(self) -> Provenance | Joined:
        """What came with the event, read at the first question; in a thread that is older, with earlier ones."""
        found = self._take_apart(self._event)[1]
        earlier = self._earlier.get(get_ident())
        return Joined(found, *(self._take_apart(one)[1] for one in earlier)) if earlier else found

    def _take_apart(self, event: Event) -> Read:
        read = next((one for one in self._read if one[0] is event), None)
        if read is None:
            # Who only observes keeps no customer waiting: a value costs 1 to 2 us.
            observes = not self.is_block and self.capabilities is None
            places = _MANY_OBSERVED if observes else MAX_PLACES
            read = take_apart(event, self._known, self._key, places)
            self._read = (*self._read, read)
        return read

    @property
    def phase(self) -> str:
        """Return "init" or "invoke", or "" where nobody is asked anything."""
        return "invoke" if self.is_active else "init" if self.is_starting else ""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where of a text came with the event; nowhere, where there is none."""
        if not self.is_active:
            return []
        return [(span.start, span.end) for span in self.contributed(text)]

    def contributed(self, text: str) -> list[Span]:
        return contributed(text, self.provenance, self.own)

    def record_of(self, text: str) -> str:
        """Return where in the event a text's part of it stands; "" where it has none, or those of several records."""
        if not self.is_active:
            return ""
        paths = [span.path for span in self.contributed(text)]
        return paths[0] if len({path.partition("]")[0] for path in paths}) == 1 else ""

    def late(self, name: str) -> ModuleType:
        """Return a module of the guard's that is loaded when something first asks; raises Refused where it cannot be under block.

        An event may have used up descriptors or the stack: what cannot be judged for that is not to pass.
        """
        module = self.late_modules.loaded.get(name)
        if module is not None:
            return module
        try:
            return self.late_modules.load(name)
        except Planted as planted:
            rule, place = "runtime.patched", str(planted)
        except Exception as fault:
            rule, place = "guard.fault", where_of(fault)
        self._deny(rule, place, describe(rule, place), verdict="fault" if rule == "guard.fault" else "")
        raise RuntimeError(f"{name} cannot be loaded")

    def ask(self, about: Callable[..., None] | str, *arguments: object) -> None:
        """Have a wrapped function's caller judged, as the hook does; raises Refused or RefusedRecord.

        `about` is a function, or "module.function" for one of a module that is loaded when something first asks.
        """
        frame = sys._getframe(2)
        # Not of this thread alone: a signal's handler or a finaliser of the function's may run in the middle of a judgement.
        if get_ident() in self.busy and is_at_work(self, frame):
            return
        take_turn(self, frame, self._judge, about, *arguments, frame)

    def _judge(self, about: Callable[..., None] | str, *arguments: object) -> None:
        if isinstance(about, str):
            module, _, name = about.partition(".")
            about = getattr(self.late(module), name)
        about(self, *arguments)  # type: ignore[operator]

    def note(self, limit: str) -> None:
        self.limits.append(limit)

    def is_writer(self, frame: FrameType) -> bool:
        """Say whether a library whose business it is to write code stands in this frame."""
        name = frame.f_globals.get("__name__")
        is_one = type(name) is str and name.partition(".")[0] in GENERATORS
        return is_one and self.places.is_deployed(frame.f_code.co_filename)

    def names_fields(self, frame: FrameType) -> bool:
        """Say whether a library stands in this frame that writes classes whose fields may be called anything."""
        return frame.f_globals.get("__name__") in FIELD_NAMERS and self.is_writer(frame)

    def is_installed(self, frame: FrameType) -> bool:
        """Say whether the code in this frame is an installed library's: neither the function's nor the interpreter's."""
        name = frame.f_code.co_filename
        if not self.places.is_deployed(name) or self.places.is_library(name) or owncode.module_of(frame):
            return False
        return not self.places.is_functions(name) or self._is_beside(name)

    def _is_beside(self, file: str) -> bool:
        if self._libraries is None:
            self._libraries = owntext.libraries_in(self._task)
        return owntext.is_beside(file, self.places.task, self._libraries)

    def is_functions_module(self, name: str) -> bool:
        """Say whether a module of this name is the function's own: in its folder, and no library's."""
        file = self.places.file_of(name)
        return bool(file) and not self._is_beside(file)

    def words_of_caller(self, frame: FrameType | None) -> OwnText | None:
        """Return own text with that of whoever asked a library for code, as far up as one asks for the other.

        None where no library whose business that is stands in this frame: there the words are the function's alone.
        """
        texts: list[str] = []
        found = False
        for _ in range(_MANY_STEPS):
            if frame is not None and owncode.module_of(frame):
                frame = frame.f_back
                continue
            if frame is None or not self.places.is_deployed(frame.f_code.co_filename):
                break
            is_writer = self.is_writer(frame)
            if not (is_writer or found):
                return None
            # A library may put code together anywhere, not only in those modules whose text `written` has.
            texts += texts_of(frame.f_code)
            if not (is_writer or self.places.is_library(frame.f_code.co_filename)):
                break
            found = True
            if frame.f_code.co_name == "get_type_hints":
                texts += self._hints(frame)
            texts += self._wrapped(frame)
            frame = frame.f_back
        if not texts:
            return None
        return self.written.with_constants([*self._texts, *texts])

    def _hints(self, frame: FrameType) -> list[str]:
        """Return the hints of a function of the deployment's that `typing` is looking at."""
        code = getattr(frame.f_locals.get("obj"), "__code__", None)
        hints = frame.f_locals.get("hints")
        if code is None or type(hints) is not dict or not self.places.is_deployed(code.co_filename):
            return []
        return [hint for hint in hints.values() if type(hint) is str]

    def _wrapped(self, frame: FrameType) -> list[str]:
        """Return name and words of a function of the deployment's for which a library writes a wrapper."""
        texts: list[str] = []
        function = frame.f_locals.get("func")
        for _ in range(_MANY_WRAPPERS):
            if not isinstance(function, FunctionType):
                break
            if self.places.is_deployed(function.__code__.co_filename):
                texts += (function.__name__, *texts_of(function.__code__))
            function = function.__dict__.get("__wrapped__")
        return texts

    def act_on(self, judgement: Judgement, text: str | bytes, frame: FrameType | None) -> None:
        """Do what a judgement asks for; raises Refused or RefusedRecord."""
        if judgement.verdict == "allow":
            return
        if judgement.verdict == "unknown":
            subject, _, rest = judgement.rule.partition(".")
            if rest == "incomplete":
                # All of its structure is the function's; what was not read of the event can be a value at most.
                return
            if not self.provenance.is_complete and subject in _NEVER_UNREAD:
                # Who sends more than is read could hide anything in it.
                self.refuse(subject + ".incomplete", frame, text=text)
                return
            if subject in _TOLD_UNKNOWN:
                self.tell("unknown", judgement.rule, place=self.places.name(frame), text=text)
            return
        self.refuse(judgement.rule, frame, path=judgement.path, text=text)

    def refuse(self, rule: str, frame: FrameType | None, *, path: str = "", text: str | bytes = "") -> None:
        """Refuse an operation, or, where it is only observed, say so; raises Refused or RefusedRecord."""
        place = self.places.name(frame)
        self._deny(rule, place, describe(rule, place), path, path=path, text=text)

    def refuse_anyway(self, rule: str, frame: FrameType | None) -> None:
        """Refuse an operation that nobody's function has a use for, also where others are only observed; raises as `refuse`."""
        place = self.places.name(frame)
        self.tell("refused", rule, place=place)
        self._raise(describe(rule, place), "")

    def refuse_use(
        self, rule: str, frame: FrameType | None, use: Use, package: str, *, target: str = ""
    ) -> None:
        """The same for a use of a capability, which is `package`'s; `target` is what it is about, event's text and all."""
        place = self.places.name(frame)
        # Which record it is of is found out where that is needed.
        record = self.record_of(target) if self.refuses(rule) else ""
        self._deny(rule, place, describe_use(rule, place, use, package), record, use=use)

    def _deny(
        self, rule: str, place: str, message: str, record: str = "", *, verdict: str = "", **told: Any
    ) -> None:
        blocks = self.refuses(rule)
        self.tell(verdict or ("refused" if blocks else "observed"), rule, place=place, **told)
        if blocks:
            self._raise(message, record)

    def refuses(self, rule: str) -> bool:
        """Say whether a rule refuses here or is only observed."""
        if self.capabilities is None:
            return self.is_block
        subject, _, kind = rule.partition(".")
        return (
            self.capabilities.policy.mode_of(kind if subject == "capability" else subject, self._mode)
            == "block"
        )

    def is_foreign(self, fault: BaseException) -> bool:
        """Say whether a fault was raised by code that ran in the middle of the guard's work, and is none of the guard's."""
        trace = _innermost(fault)
        if trace is None:
            return False
        frame = trace.tb_frame
        return not owncode.module_of(frame) and not self.is_interpreters(frame.f_code)

    def is_interpreters(self, code: CodeType) -> bool:
        if self.capabilities is not None:
            return not self.capabilities.origins.owner(code)
        return self.places.is_library(code.co_filename) and self._of_files.is_of_file(code)

    def fail(self, fault: BaseException, frame: FrameType | None) -> None:
        """A fault of the guard's own; raises Refused where that is asked for."""
        self.tell("fault", "guard.fault", place=where_of(fault))
        if self._is_closed and self.refuses("guard.fault"):
            self._raise(describe("guard.fault", self.places.name(frame)), "")

    def tell(
        self,
        verdict: str,
        rule: str,
        *,
        place: str = "",
        path: str = "",
        text: str | bytes = "",
        use: Use | None = None,
        change: str = "",
    ) -> None:
        """Have something said of this invocation, once."""
        subject = rule.partition(".")[0]
        # Not what is unknown: code from a store always is.
        if verdict in ("refused", "observed", "planted"):
            self._is_judged = True
            self._is_suspect |= subject != "capability"
        if (
            verdict in ("observed", "unknown")
            and subject in _BRINGS_CODE
            and not (subject == "python" and is_inert(text))
        ):
            self.suspicions += verdict == "observed"
            self.doubts += verdict == "unknown"
        if subject not in SUBJECTS:
            rule = "guard." + rule
        key = (rule, place, path if use is None else f"{use.target} {use.packages}")
        if verdict == "computed":
            # Of a table of formulas each has a path of its own.
            key = (rule, place, "")
        if key in self._told:
            return
        # Each rule has a budget of its own: nobody pushes an eval out by a hundred paths, or by what he makes unknown, nor one by
        # those that he has at another place. What is left in memory is unknown as long as it is not certain.
        kind = "" if verdict in _LESSER and subject != "residue" else f"{verdict} {rule}"
        at = f"{kind} {place}"
        count = self._budgets.get(kind, 0)
        most = MANY_PLACES if kind and at not in self._budgets else MANY_OF_RULE if kind else MANY
        if count >= most:
            return
        self._budgets[kind] = self._budgets[at] = count + 1
        self._told.add(key)
        if verdict == "observed":
            self._observed_path = self._observed_path or path
        digest = self._digest(text)
        report = Report(verdict, rule, place=place, path=path, digest=digest, change=change, use=use)
        if (
            verdict in _AT_ONCE
            and self.report is not None
            and self.report(finding=f"G{report.pack()}\n".encode("ascii", "replace"))
        ):
            return
        self._reports.append(report)

    def _raise(self, message: str, path: str) -> None:
        is_own = get_ident() not in self._earlier
        if is_own and path.startswith("Records[") and self._take_apart(self._event)[2]:
            number = path[len("Records[") :].partition("]")[0]
            if number.isdigit() and len(number) <= _MANY_DIGITS:
                raise RefusedRecord(f"{message}, record {number}")
        if self.report is not None:
            # Before it is raised: nobody may ever ask for the error of a thread, a task or a process that was forked.
            self.report(error=error_body(message[:_MANY_SAID], self._request_id))
        self._refusal = message
        if self._handler_thread or self._is_other_thread():
            raise Refused(message)
        # Around the handler AWS's loop catches nothing but this.
        raise RefusedRecord(message)

    def _is_other_thread(self) -> bool:
        import threading

        return threading.main_thread().ident != get_ident()

    def _digest(self, text: str | bytes) -> str:
        if not text:
            return ""
        from _blake2 import blake2s

        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return blake2s(data, digest_size=8, key=self._key).hexdigest()


def _innermost(fault: BaseException) -> TracebackType | None:
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def where_of(fault: BaseException) -> str:
    """Return kind and place of a fault of the guard's own."""
    trace = _innermost(fault)
    where = f" {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return type(fault).__name__ + where
