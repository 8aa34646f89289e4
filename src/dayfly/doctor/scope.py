"""Decides how far Dayfly may reach: the whole environment, or only what it started itself.

Killing every process of a user and emptying /tmp are right inside a Lambda environment and a disaster
on somebody's machine, so the wide scope needs structural evidence, never an environment variable alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Platform = Literal["lambda", "emulator", "other"]
    Scope = Literal["environment", "descendants"]
    ApiLock = Literal["on", "http", "off"]

# The initial PID namespace has this fixed inode (PROC_PID_INIT_INO in the kernel's
# include/linux/proc_ns.h): every process of the machine lives in it.
INITIAL_PID_NAMESPACE = "pid:[4026531836]"
# Where rapid, Lambda's PID 1, lives (platform notes 5.1); its command line stays readable.
RAPID = "/var/rapid/"
EMULATOR = "aws-lambda-rie"


class HostFacts:
    """What was seen of the host; every field is a plain observation.

    `init_command` and `parent_command` are the first argument of PID 1 and of our parent (empty when
    unreadable); `tmp_is_own_mount` says that /tmp is a mount point of its own, or part of a container's
    root file system, and that nothing in it is older than PID 1.
    """

    __slots__ = ("init_command", "parent_command", "parent_pid", "pid_namespace", "tmp_is_own_mount")

    def __init__(
        self,
        *,
        pid_namespace: str,
        init_command: str,
        parent_command: str,
        parent_pid: int,
        tmp_is_own_mount: bool,
    ) -> None:
        self.pid_namespace = pid_namespace
        self.init_command = init_command
        self.parent_command = parent_command
        self.parent_pid = parent_pid
        self.tmp_is_own_mount = tmp_is_own_mount


class ScopeDecision:
    """The active scope, the platform it was seen on, and what is not promised because of it."""

    __slots__ = ("not_promised", "platform", "reason", "scope")

    def __init__(self, scope: Scope, platform: Platform, reason: str, not_promised: str) -> None:
        self.scope: Scope = scope
        self.platform: Platform = platform
        self.reason = reason
        self.not_promised = not_promised


NARROW_PROMISES = (
    "not removed: processes that hide from Dayfly (cleared environment and another parent), files outside "
    "the private temporary directory, System V objects, keyrings, and leftovers of an earlier runtime"
)


def recognise(facts: HostFacts) -> Platform:
    """Name the platform from what the process tree shows."""
    if facts.init_command.startswith(RAPID):
        return "lambda"
    for command in (facts.parent_command, facts.init_command):
        if command.rpartition("/")[2].startswith(EMULATOR):
            return "emulator"
    return "other"


def decide_scope(setting: str, facts: HostFacts) -> ScopeDecision:
    """Pure: the same setting and facts always give the same scope.

    `setting` is `auto`, `environment` or `descendants`. An `environment` asked for in the machine's
    initial PID namespace is refused (unless the platform is Lambda itself): that is somebody's machine.
    """
    platform = recognise(facts)
    own_namespace = facts.pid_namespace != INITIAL_PID_NAMESPACE and facts.pid_namespace != ""

    def wide(reason: str) -> ScopeDecision:
        return ScopeDecision("environment", platform, reason, "")

    def narrow(reason: str) -> ScopeDecision:
        return ScopeDecision("descendants", platform, reason, NARROW_PROMISES)

    if setting == "descendants":
        return narrow("as configured")
    if setting == "environment":
        if platform == "lambda" or own_namespace:
            return wide("as configured")
        return narrow("environment was requested, but this is the machine's own PID namespace")
    if platform == "lambda":
        return wide("Lambda")
    if platform == "emulator":
        # PID 1 itself must be the emulator: in a development container the emulator is one process
        # among the developer's own.
        is_init = facts.init_command.rpartition("/")[2].startswith(EMULATOR) and facts.parent_pid == 1
        if own_namespace and is_init and facts.tmp_is_own_mount:
            return wide("Lambda's emulator with its own PID namespace and /tmp")
        return narrow("Lambda's emulator without its own PID namespace and /tmp")
    return narrow("neither Lambda nor its emulator")


def choose_api_lock(setting: str, platform: Platform) -> ApiLock:
    """Say whose responses are held open while a worker lives: all, those of HTTP services, none.

    `auto` holds all where errors were seen to stay errors: AWS's emulator and Dayfly's lab, which sets `on`. Elsewhere it is
    `http`: what AWS says of errors under a held response (a "successful response" with "error metadata",
    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html) may mean that an asynchronous event is not retried,
    while a service that awaits an HTTP response is answered with one.
    """
    if setting == "on" or (setting == "auto" and platform == "emulator"):
        return "on"
    return "off" if setting == "off" else "http"
