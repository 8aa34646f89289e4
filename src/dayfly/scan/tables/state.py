"""The checks of the family `state`."""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

_KEPT = "One process serves one event after another and keeps its state."

CHECKS: tuple[Check, ...] = (
    Check(
        "state.container",
        "Customer data in a global container",
        488,
        Severity.HIGH,
        "A dict, list or set at module level stores event data, and later events read it.",
        (
            _KEPT,
            "A customer's order is added to the list, and no code empties it.",
            "The next customer's answer is built from the same list.",
            "In a new test environment the list is empty, so tests do not find it.",
        ),
        "Create the container in the handler and pass it as an argument, or empty it before it stores event data.",
        "T1005",
    ),
    Check(
        "state.global",
        "Customer data in a global variable",
        488,
        Severity.HIGH,
        "A function sets a global name to event data, and a later event may read it before it is set again.",
        (
            _KEPT,
            "The name is set for some events only, or after it was read.",
            "Every other event reads the value of an earlier event.",
            "A caller who sends an event without the field gets the values of another caller.",
        ),
        "Return the value and pass it as an argument; keep in globals only what is the same for every customer.",
        "T1005",
    ),
    Check(
        "state.default",
        "Mutable default argument with customer data",
        488,
        Severity.HIGH,
        "A mutable default argument is one object for all calls, and event data is stored in it.",
        (
            "Python creates a default once, when it loads the module.",
            "Each call without that argument uses the same list or dict.",
            "It still contains the data of one customer's call when the next customer's call uses it.",
        ),
        "Use None as the default, and create the list or dict in the function body.",
        "T1005",
    ),
    Check(
        "state.cache",
        "Cache key without the customer",
        524,
        Severity.HIGH,
        "The cached value depends on more of the event than the cache key.",
        (
            "The first customer requests a page; the answer for this customer is cached under the page's path.",
            "The next customer requests the same path.",
            "The key matches, and this customer gets the first customer's answer.",
            "An attacker requests paths that others have just used.",
        ),
        "Put everything on which the answer depends into the key, in particular the customer's identity, or cache only what is the same for all.",
        "T1005",
    ),
    Check(
        "state.temporary",
        "Customer data in a temporary file",
        377,
        Severity.MEDIUM,
        "A file in /tmp stores event data and still exists when the next event comes.",
        (
            "/tmp belongs to the environment, not to the invocation, and survives even a restart of the runtime.",
            "The next invocation finds a file with a fixed name: if it does not write first, it reads the last customer's data.",
            "The data stays there for hours, and any attacker who runs code can read it.",
        ),
        "Use tempfile.TemporaryDirectory or NamedTemporaryFile in a with statement, or remove the file in a finally clause.",
        "T1074.001",
    ),
    Check(
        "state.client",
        "Client with a caller's credentials",
        522,
        Severity.HIGH,
        "A client or session that outlives the event has credentials, tokens or headers of one caller.",
        (
            "The client is created, or gets a header, for one tenant and is then reused.",
            "The next tenant's request is sent with the credentials of the previous one.",
            "This caller can then read the other tenant's data.",
        ),
        "Reuse only clients with the function's own role; create clients with a caller's credentials for each event, or cache them by tenant.",
        "T1550.001",
    ),
    Check(
        "state.environment",
        "Environment variable set from an event",
        15,
        Severity.MEDIUM,
        "os.environ is set to event data: it belongs to the process, and so to every later event and every child process.",
        (
            "The variable is set for one customer.",
            "The next event, all libraries and all started programs read it.",
            "If it contains credentials, an endpoint or a proxy, later requests use them.",
        ),
        "Pass the value as an argument, or to a program with env=; or restore the old value in a finally clause.",
        "T1574",
    ),
    Check(
        "state.unique",
        "Unique value generated once for all events",
        344,
        Severity.MEDIUM,
        "An identifier, secret, nonce or time is generated during init and used for every event.",
        (
            "The value is generated when the module is loaded: once for all events of an environment.",
            "With SnapStart it is generated once for all environments, because each is a copy of one snapshot.",
            "Two customers get the same token, two messages the same nonce, and a snapshot keeps the time of its creation.",
        ),
        "Generate it in the handler; with SnapStart, in a hook that runs after the restore.",
        "",
    ),
    Check(
        "state.class",
        "Customer data on a class or a shared object",
        488,
        Severity.HIGH,
        "An attribute of a class, or of an object at module level, stores data of one event.",
        (
            _KEPT,
            "`self` is the module's only service object, or the attribute belongs to the class.",
            "A method stores data for one customer, and the next customer's calls read it.",
        ),
        (
            "Create the object in the handler, once per event, or pass the value as an argument; keep only common data on shared objects."
        ),
        "T1005",
    ),
    Check(
        "state.background",
        "Background work continues after the response",
        772,
        Severity.MEDIUM,
        "A thread, task or program is started for an event, but the handler does not wait for it.",
        (
            "After the response the environment freezes, and the work stops with it.",
            "It continues when the next event thaws the environment: one customer's work runs during another customer's event.",
            "It reads and changes the globals that the next event uses, or never ends.",
        ),
        "Wait for it before the handler returns (join, result, communicate), or send the work to a queue.",
        "T1546",
    ),
    Check(
        "state.handler",
        "Hooks accumulate",
        459,
        Severity.LOW,
        "Each event adds a log handler, filter, callback or import path that is never removed.",
        (
            "The list of hooks belongs to the process and grows with every event.",
            "All earlier ones still run, with data of the events for which they were added.",
            "Log records of one customer contain another customer's name; each event takes longer than the last.",
        ),
        "Add it once, when the module is loaded, or remove it in a finally clause.",
        "T1546",
    ),
    Check(
        "state.module",
        "Module or process setting changed for one event",
        471,
        Severity.MEDIUM,
        "A library's module or a process setting (seed, locale, working directory) is changed while an event is served.",
        (
            "Modules and settings belong to the process.",
            "A change for one event affects all later events.",
            "If a customer chooses the seed, that customer can predict the next customers' tokens.",
        ),
        (
            "Use your own object (random.Random, a context, an argument), or restore the previous value in a finally clause."
        ),
        "T1574",
    ),
    Check(
        "state.context",
        "Context that is not reset",
        488,
        Severity.MEDIUM,
        "A context variable, thread-local or logger key is set for an event and may be read by the next event.",
        (
            "All events are served in one thread and one context.",
            "A value that is set for some events is visible to other events.",
            "Log records and queries of one customer contain another customer's name.",
        ),
        "Reset it in a finally clause, or set it at the start of every event, before anything reads it.",
        "T1005",
    ),
)
