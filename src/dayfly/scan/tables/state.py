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
        "A dict, list or set at module level takes data of the event, and later events read it.",
        (
            _KEPT,
            "A customer's order goes into the list, and no code empties it.",
            "The next customer's answer is made from the same list.",
            "In an initialised test environment the list is empty: no test sees it.",
        ),
        "Make the container inside the handler and hand it on as an argument; or empty it before anything of the event goes in.",
        "T1005",
    ),
    Check(
        "state.global",
        "Customer data in a global variable",
        488,
        Severity.HIGH,
        "A function binds a global name to data of the event, and a later event may read it before it is bound again.",
        (
            _KEPT,
            "The name is bound for some events, or after it was read.",
            "Every other event finds the value of the previous event.",
            "A caller who sends an event without the field gets the values of another caller.",
        ),
        "Return the value and pass it on as an argument; keep in globals only what is the same for every customer.",
        "T1005",
    ),
    Check(
        "state.default",
        "Mutable default argument with customer data",
        488,
        Severity.HIGH,
        "A default argument that can be changed is one object for all calls, and data of the event goes into it.",
        (
            "A default is created once, when the module is loaded.",
            "Each call without that argument gets the same list or dict.",
            "What one customer's call added is still in it for the next.",
        ),
        "Let the default be None and make the list or dict in the body.",
        "T1005",
    ),
    Check(
        "state.cache",
        "Cache key without the customer",
        524,
        Severity.HIGH,
        "The cached value depends on more of the event than its key contains.",
        (
            (
                "The first customer asks for a page; the answer is made for this customer and cached under the "
                "page's path."
            ),
            "The next customer asks for the same path.",
            "The key matches, and this customer gets the first one's answer.",
            "An attacker asks for paths that others just used.",
        ),
        "Put everything the answer depends on into the key, above all the customer's identity, or cache only what is the same for all.",
        "T1005",
    ),
    Check(
        "state.temporary",
        "Customer data in a temporary file",
        377,
        Severity.MEDIUM,
        "A file under /tmp takes data of the event and is still there when the next event comes.",
        (
            "/tmp belongs to the environment, not to the invocation, and survives even a reset of the runtime.",
            "A fixed name is found again by the next invocation: one that does not write first reads the last customer's file.",
            "The data stays there for hours, readable by any attacker who runs code.",
        ),
        "Use tempfile.TemporaryDirectory or NamedTemporaryFile in a with statement, or remove the file in a finally clause.",
        "T1074.001",
    ),
    Check(
        "state.client",
        "A client that holds a caller's credentials",
        522,
        Severity.HIGH,
        "A client or session that outlives the event was given credentials, tokens or headers of its caller.",
        (
            "The client is made, or given a header, for one tenant and then kept.",
            "The next tenant's request goes out with the credentials of the one before.",
            "This caller can then read the other tenant's data.",
        ),
        "Keep clients of the function's own role; make clients with a caller's credentials for each event, or keep them under the tenant's name.",
        "T1550.001",
    ),
    Check(
        "state.environment",
        "An environment variable set from an event",
        15,
        Severity.MEDIUM,
        "os.environ is written with data of the event: it belongs to the process, and so to every later event and every child.",
        (
            "The variable is set for one customer.",
            "The next event, each library and each program that is started read it.",
            "Where it names credentials, an endpoint or a proxy, later requests follow it.",
        ),
        "Pass the value as an argument, to a program by env=; or put the old value back in a finally clause.",
        "T1574",
    ),
    Check(
        "state.unique",
        "Drawn once, used for every event",
        344,
        Severity.MEDIUM,
        "An identifier, secret, nonce or time is drawn while the environment initialises and used for every event.",
        (
            "The value is drawn when the module is loaded: once for all events of an environment.",
            "With SnapStart it is drawn once for all environments: each is a copy of one snapshot.",
            "Two customers get the same token, two messages the same nonce, a snapshot of days ago the time.",
        ),
        "Draw it in the handler; with SnapStart, in a hook that runs after the restore.",
        "",
    ),
    Check(
        "state.class",
        "Customers' data on a class or a shared object",
        488,
        Severity.HIGH,
        "An attribute of a class, or of an object that lives at module level, takes data of one event.",
        (
            _KEPT,
            "`self` is the one service object of the module, or the attribute is the class's.",
            "What a method left there for one customer, the next customer's calls find.",
        ),
        (
            "Create the object in the handler, once per event, or pass the value as an argument; keep only "
            "common data on shared objects."
        ),
        "T1005",
    ),
    Check(
        "state.background",
        "Work that goes on after the answer",
        772,
        Severity.MEDIUM,
        "A thread, task or program is started for an event and not waited for.",
        (
            "When the answer is out the environment freezes, and the work with it.",
            (
                "It continues when the next event thaws the environment: one customer's work in another one's "
                "time."
            ),
            "It sees and changes the globals that the next event uses, or never ends its work at all.",
        ),
        "Wait for it before the handler returns (join, result, communicate), or send the work to a queue.",
        "T1546",
    ),
    Check(
        "state.handler",
        "Hooks that pile up",
        459,
        Severity.LOW,
        "A log handler, filter, callback or import path is added at each event and never taken away.",
        (
            "Each event adds one more.",
            "All the earlier ones still run, with what they hold of the events they were made for.",
            "Log records of one customer carry another's name; each event takes longer than the last.",
        ),
        "Add it once, when the module is loaded, or take it away in a finally clause.",
        "T1546",
    ),
    Check(
        "state.module",
        "A library or setting of the process changed for one event",
        471,
        Severity.MEDIUM,
        "A library's module or a setting of the process (seed, locale, working directory) is changed while an event is served.",
        (
            "Modules and settings belong to the process.",
            "What is changed for one event is changed for all that follow.",
            "A seed that one customer chose makes the next one's tokens known to him.",
        ),
        (
            "Use an object of your own (random.Random, a context, an argument), or restore the previous value "
            "in a finally clause."
        ),
        "T1574",
    ),
    Check(
        "state.context",
        "Context that is not reset",
        488,
        Severity.MEDIUM,
        "A context variable, thread-local or key bound to a logger is set for an event and may be read by the next.",
        (
            "All events are served in one thread and one context.",
            "What is set for some events, others find.",
            "Log records and queries of one customer carry another's name.",
        ),
        "Reset it in a finally clause, or set it at the start of every event, before anything reads it.",
        "T1005",
    ),
)
