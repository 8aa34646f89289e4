"""What to do about a finding of the runtime, and how to explain it to somebody who was not there."""

from __future__ import annotations

_FRESH = frozenset({"invocation", "window"})
_PLANTED = frozenset({"residue.memory", "residue.code", "residue.kept-file"})
_DO = {
    "environment.infected": "Retire every environment of the function now. Then fetch the list of requests below: whoever sent "
    "them may have been answered by the attacker. Change the function's credentials; fix what let the request become code.",
    "environment.not-clean": "Retire the function's environments: something survived every attempt to remove it. Then find what "
    "starts processes that will not end; `dayfly scan` names the places.",
    "residue.served": "Retire the function's environments and notify those on the list below. Then switch to invocation isolation, "
    "in which nobody is served after the request that planted something.",
    "guard.refused": "Nothing happened: it was refused. Fix the place in the code that the evidence names; until then every such "
    "request ends in an error. If it is an operation the function needs, allow it in the policy.",
    "guard.observed": "It happened: the guard only watches. Fix the place that the evidence names, then set the guard to block.",
    "guard.capability": "Decide whether the function needs this. If so, add it to the policy; if not, find the package that does it.",
    "guard.unknown": "Look where the value comes from. If users can store it there, treat it as what a user sent.",
    "guard.fault": "The guard failed, not your function. Report the message; the fork's protection was in force all along.",
    "zygote.not-forkable": "Fix what the message names: until then requests share one process, as on plain Lambda.",
    "zygote.lost": "If it happens again, look at memory and at what init starts. Requests were served meanwhile by a new zygote.",
    "worker.hostile": "A worker sent what no worker of Dayfly's sends: treat the request that it served as an attack, and look for "
    "guard findings of the same request.",
    "worker.died": "If it repeats: native code that crashes, or too little memory. The caller got an error, nobody else did.",
    "worker.timed-out": "Look why the handler took so long; raise the timeout if it must.",
    "worker.work-discarded": "Wait for threads and tasks in the handler: what runs after the answer ends with the worker.",
    "worker.not-delivered": "Flush the library in the handler, or name it in `fork.deliver`.",
    "worker.log-dropped": "Look who writes to the log's descriptor directly; if nobody of yours does, treat it as an attack.",
    "residue.process": "They were ended. If the function needs no child processes, forbid them in the policy; if it does, wait for them.",
    "residue.file": "They were removed. Write to a file that is deleted in the handler, or keep nothing.",
    "residue.limits": "It was put back. A function has no reason to change them: look for guard findings of the same request.",
    "residue.signals": "A function has no reason to signal Dayfly: treat the request as an attack.",
    "environment.earlier-life": "They were removed before your code ran. If it repeats, retire the environments and look at layers and extensions.",
    "environment.cannot-check": "Nothing to do in a hurry: this host does not allow that protection; docs/security.md says what remains.",
    "environment.zombies": "Retire the function's environments when the process limit is near; wait for children in the handler.",
    "environment.not-renewed": "Make init shorter, or raise the function's timeout, so that the renewal fits.",
}  # fmt: skip
_EXPLAIN = {
    "environment.infected": "A visitor's request took over the program that answers all later visitors.",
    "environment.not-clean": "A request left something running in our function that would not go away.",
    "residue.served": "One request changed our program, and this one was answered by the changed program.",
    "guard.refused": "Somebody sent us a program instead of data, and we did not run it.",
    "guard.observed": "Somebody sent us a program instead of data, and our code ran it.",
    "guard.capability": "Our function did something that nobody had said it would do.",
    "zygote.not-forkable": "This function is watched but not protected, because of how it starts.",
    "worker.hostile": "The process that answered one request began to speak in a way only an attacker's program would.",
    "residue.memory": "One request tried to change our program for everybody who comes later.",
    "residue.code": "One request rewrote files of our program.",
    "residue.kept-file": "One request changed a file that our program relies on.",
    "residue.process": "One request left a program running behind our backs; it was ended.",
    "residue.file": "One request left files behind; they were removed before the next one.",
    "environment.earlier-life": "Before our code ran, somebody else's leftovers were there; they were removed.",
}


def advise(kind: str, isolation: str) -> str:
    """Say what to do; what was planted is gone with a fresh worker and stays without."""
    if kind in _PLANTED:
        if isolation in _FRESH:
            return (
                "The worker died with what was planted, and nobody was served by it under invocation isolation; in a window the "
                "requests below may have been. Find the place that the guard's finding of the same request names, and fix it."
            )
        return (
            "Requests share this process: retire the function's environments now, then look at who was served afterwards. "
            "Fix why it cannot be forked; the function's page names it."
        )
    return _DO.get(kind, "Read the evidence, then acknowledge it or mute it with a reason.")


def explain(kind: str) -> str:
    """One sentence for a colleague who has never heard of execution environments; "" where the title says it all."""
    return _EXPLAIN.get(kind, "")
