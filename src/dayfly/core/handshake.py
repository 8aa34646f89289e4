"""What supervisor and zygote tell each other around the function's init."""

from __future__ import annotations

# In an executed zygote's environment: the number of its socket, and its options.
MARKER = "_DAYFLY_ZYGOTE"
# In that of a process that reads text for the supervisor: the number of its socket.
CLERK = "_DAYFLY_CLERK"
# Where the guard's recorder writes what the function uses; it adds nothing to what is allowed, and takes nothing away.
LEARN_VARIABLE = "DAYFLY_LEARN"
# Between options: no path, name or glob that a setting may hold has it.
_SEPARATOR = "\x1f"
# What becomes of the threads that init left, as the setting has it.
THREADS = ("auto", "drop", "refuse")
# Of an import path that is looked through for distributions.
MANY_ENTRIES = 32


class ZygoteOptions:
    """What a zygote is told before it initialises the function.

    `temporary` are the directories that are cleared, `telemetry` the number of the log descriptor or -1.
    `isolation`, `threads` and `deliver` (seconds) as in the settings; `platform` is HOST:PORT of the platform's Runtime API, with a numeric address; `confine` asks for a filter of system calls, `offline` for
    workers without a network. `guard` is its setting, `guard_closed` whether its faults refuse, `guard_key` (hex) what its
    hashes are keyed with, `policy` the function's, packed, and `guard_learns` whether new uses are told. `fingerprints` asks for what a fleet compares,
    of which `prints_late` leaves the code's to be asked for later, where the function is forked. `tells_start` asks for the limits that
    only Python can tell of a start, `has_user_site` says whether the platform's start looks into the user's site directory. `prime`, `events`, `before` and `after` are empty where not set.
    """

    __slots__ = (
        "after",
        "before",
        "confine",
        "deliver",
        "events",
        "fingerprints",
        "guard",
        "guard_closed",
        "guard_key",
        "guard_learns",
        "has_user_site",
        "huge_pages",
        "immortal",
        "isolation",
        "offline",
        "platform",
        "policy",
        "prime",
        "prints_late",
        "reseed",
        "telemetry",
        "tells_start",
        "temporary",
        "threads",
        "warms",
    )

    def __init__(
        self,
        *,
        isolation: str = "invocation",
        deliver: float = 0.0,
        platform: str = "",
        reseed: bool = True,
        huge_pages: bool = False,
        immortal: bool = False,
        confine: bool = False,
        offline: bool = False,
        threads: str = "auto",
        guard: str = "off",
        guard_closed: bool = False,
        guard_key: str = "",
        guard_learns: bool = False,
        fingerprints: bool = False,
        prints_late: bool = False,
        tells_start: bool = False,
        has_user_site: bool = False,
        warms: bool = False,
        policy: str = "",
        telemetry: int = -1,
        prime: str = "",
        events: str = "",
        before: str = "",
        after: str = "",
        temporary: tuple[str, ...] = (),
    ) -> None:
        self.isolation = isolation
        self.deliver = deliver
        self.platform = platform
        self.reseed = reseed
        self.huge_pages = huge_pages
        self.immortal = immortal
        self.confine = confine
        self.offline = offline
        self.threads = threads
        self.guard = guard
        self.guard_closed = guard_closed
        self.guard_key = guard_key
        self.guard_learns = guard_learns
        self.fingerprints = fingerprints
        self.prints_late = prints_late
        self.tells_start = tells_start
        self.has_user_site = has_user_site
        self.warms = warms
        self.policy = policy
        self.telemetry = telemetry
        self.prime = prime
        self.events = events
        self.before = before
        self.after = after
        self.temporary = temporary

    def pack(self) -> str:
        """Return the options as one text that may stand in an environment variable."""
        flags = (
            self.reseed,
            self.huge_pages,
            THREADS.index(self.threads),
            self.immortal,
            self.confine,
            self.offline,
            self.guard_closed,
            self.guard_learns,
            self.fingerprints,
            self.prints_late,
            self.tells_start,
            self.has_user_site,
            self.warms,
        )
        switches = "".join(f"{flag:d}" for flag in flags)
        numbers = (self.telemetry, self.deliver, self.platform)
        hooks = (self.guard, self.guard_key, self.policy, self.prime, self.events, self.before, self.after)
        return _SEPARATOR.join((self.isolation, switches, *map(str, numbers), *hooks, *self.temporary))

    @staticmethod
    def unpack(text: str) -> ZygoteOptions:
        """Return the options that `pack` made a text of."""
        isolation, switches, *rest = text.split(_SEPARATOR)
        telemetry, deliver, platform, guard, guard_key, policy, prime, events, before, after, *temporary = (
            rest
        )
        threads = THREADS[int(switches[2])]
        flags = (flag == "1" for flag in switches)
        reseed, huge_pages, _, immortal, confine, offline, guard_closed, *more = flags
        guard_learns, fingerprints, prints_late, tells_start, has_user_site, warms = more
        return ZygoteOptions(
            isolation=isolation,
            reseed=reseed,
            huge_pages=huge_pages,
            immortal=immortal,
            confine=confine,
            offline=offline,
            guard=guard,
            guard_closed=guard_closed,
            guard_key=guard_key,
            guard_learns=guard_learns,
            fingerprints=fingerprints,
            prints_late=prints_late,
            tells_start=tells_start,
            has_user_site=has_user_site,
            warms=warms,
            policy=policy,
            threads=threads,
            telemetry=int(telemetry),
            deliver=float(deliver),
            platform=platform,
            prime=prime,
            events=events,
            before=before,
            after=after,
            temporary=tuple(temporary),
        )


class Ready:
    """What a zygote says at the end of its init.

    `reasons` forbid the fork; `notes` are limits for the first log line; `expires_at` is the time (seconds
    since the epoch) at which something that init fetched is no longer good, 0 where nothing says so;
    `is_open` says that the zygote could open its own memory, `runs_ahead` that code of the function's runs at a fork or
    in a worker before its event is there, `has_threads` that threads of the function's live on in the zygote.
    `code` is the fingerprint of the function's code, `path` its import path, and `uncompiled` says why Dayfly's modules
    were compiled at this start, where they were asked for. `unconfined`, `online` and `unguarded` say why a filter of system calls is not active, why workers have the network, and why there is
    no guard; empty where that was asked for and is as it should be.
    """

    __slots__ = (
        "code",
        "expires_at",
        "has_threads",
        "is_open",
        "notes",
        "online",
        "path",
        "reasons",
        "runs_ahead",
        "uncompiled",
        "unconfined",
        "unguarded",
    )

    def __init__(
        self,
        reasons: list[str] | None = None,
        notes: list[str] | None = None,
        expires_at: float = 0.0,
        *,
        runs_ahead: bool = False,
        has_threads: bool = False,
    ) -> None:
        self.reasons = reasons or []
        self.notes = notes or []
        self.expires_at = expires_at
        self.runs_ahead = runs_ahead
        self.has_threads = has_threads
        self.is_open = False
        self.unconfined = ""
        self.online = ""
        self.unguarded = ""
        self.uncompiled = ""
        self.code = 0
        self.path: list[str] = []

    def pack(self) -> bytes:
        """Return the payload of a READY frame."""
        lines = [f"R{text}" for text in self.reasons] + [f"N{text}" for text in self.notes]
        if self.expires_at:
            lines.append(f"E{self.expires_at:.0f}")
        if self.runs_ahead:
            lines.append("A")
        if self.has_threads:
            lines.append("T")
        if self.is_open:
            lines.append("O")
        lines += [f"C{self.unconfined}"] if self.unconfined else []
        lines += [f"S{self.online}"] if self.online else []
        lines += [f"G{self.unguarded}"] if self.unguarded else []
        lines += [f"B{self.uncompiled}"] if self.uncompiled else []
        lines += [f"F{self.code:x}"] if self.code else []
        lines += [f"P{entry}" for entry in self.path[:MANY_ENTRIES]]
        return "\n".join(" ".join(line.split("\n")) for line in lines).encode("utf-8", "replace")
