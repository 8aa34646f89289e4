"""What to do about a runtime finding, and one sentence that explains it to a non-expert."""

from __future__ import annotations

_FRESH = frozenset({"invocation", "window"})
_PLANTED = frozenset({"residue.memory", "residue.code", "residue.kept-file"})
_DO = {
    "environment.infected": "Recycle all environments of the function now. Then download the list of affected requests below: the attacker may "
    "have answered them. Rotate the function's credentials and fix the code injection.",
    "environment.not-clean": "Recycle the function's environments: Dayfly could not remove everything that a request left. Then find the code that "
    "starts these processes with `dayfly scan`.",
    "residue.served": "Recycle the function's environments and notify the affected users below. Then switch to invocation isolation: "
    "it ends the worker after each request.",
    "guard.refused": "The guard blocked the operation. Fix the code that the evidence shows; until then such requests end in "
    "an error. If the function needs this operation, allow it in the policy.",
    "guard.observed": "The operation ran: the guard is in observe mode. Fix the code that the evidence shows, then set the guard to block.",
    "guard.capability": "If the function needs this capability, add it to the policy. If not, find the package that uses it.",
    "guard.unknown": "Check the origin of the value. If users can store it there, treat it as user input.",
    "guard.fault": "The guard failed, not your function. Report the message. Worker isolation stayed active.",
    "zygote.not-forkable": "Fix the cause in the message. Until then requests share one process, as on Lambda without Dayfly.",
    "zygote.lost": "If it happens again, check memory use and the processes and threads started at init. A new zygote served the requests.",
    "worker.hostile": "A worker sent an invalid control message. Treat its request as an attack, and check the guard findings of the same "
    "request.",
    "worker.died": "If it repeats, check for crashes in native code and for too little memory. Only this caller got an error.",
    "worker.timed-out": "Check why the handler took so long. Raise the timeout if it needs more time.",
    "worker.work-discarded": "Wait for threads and tasks in the handler: work that continues after the response ends with the worker.",
    "worker.not-delivered": "Flush the library in the handler, or add it to `fork.deliver`.",
    "worker.log-dropped": "Find the code that writes to the log's file descriptor. If it is not yours, treat it as an attack.",
    "residue.process": "Dayfly ended the processes. If the function needs no child processes, deny them in the policy. If it does, wait for them in the handler.",
    "residue.file": "Dayfly removed the files. Delete temporary files in the handler.",
    "residue.limits": "Dayfly restored the limits. A function has no reason to change them. Check the guard findings of the same request.",
    "residue.signals": "A function has no reason to signal Dayfly: treat the request as an attack.",
    "environment.earlier-life": "Dayfly removed them before your code ran. If it repeats, recycle the environments and check layers and extensions.",
    "environment.restarted": "No urgent action. If it repeats, see in the function's log why the runtime ended: an init of more than ten seconds, a timeout or a crash.",
    "environment.cannot-check": "No urgent action. This host does not support that protection; docs/security.md lists what remains.",
    "environment.zombies": "Recycle the function's environments if the process limit is near. Wait for child processes in the handler.",
    "environment.not-renewed": "Shorten init or raise the function's timeout, so that the renewal fits.",
}  # fmt: skip
_EXPLAIN = {
    "environment.infected": "One request took control of the process that answers later requests.",
    "environment.not-clean": "A request left a process in our function that could not be removed.",
    "residue.served": "One request changed our program, and the changed program answered this request.",
    "guard.refused": "A request contained code instead of data, and we did not run it.",
    "guard.observed": "A request contained code instead of data, and our function ran it.",
    "guard.capability": "Our function did something that its policy does not allow.",
    "zygote.not-forkable": "This function is monitored but not protected, because of how it starts.",
    "worker.hostile": "The process that answered one request sent messages that only an attacker's code sends.",
    "residue.memory": "One request tried to change our program for later requests.",
    "residue.code": "One request changed files of our program.",
    "residue.kept-file": "One request changed a file that our program uses.",
    "residue.process": "One request left a program running; Dayfly ended it.",
    "residue.file": "One request left files; Dayfly removed them before the next request.",
    "environment.earlier-life": "The environment contained what a request had left before our code ran; Dayfly removed it.",
}


def advise(kind: str, isolation: str) -> str:
    """Say what to do. A change in memory ends with its worker; in a shared process it stays."""
    if kind in _PLANTED:
        if isolation in _FRESH:
            return (
                "The change ended with the worker. With invocation isolation, no other request is affected. With window "
                "isolation, the requests below may be affected. Fix the code in the guard finding of the same request."
            )
        return (
            "Requests share this process. Recycle the function's environments now, then check the affected requests. "
            "Fix the reason why the function cannot fork; the function's page shows it."
        )
    return _DO.get(kind, "Read the evidence. Then acknowledge the finding, or mute it with a reason.")


def explain(kind: str) -> str:
    """One sentence for a non-expert; "" if the title is enough."""
    return _EXPLAIN.get(kind, "")
