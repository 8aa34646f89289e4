"""Operations."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    EMOJI,
    IRISH,
    JAVA,
    NESTED,
    PROSE,
    QUOTED,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    bridge,
    resource,
)

ID = "uid="


def _log(text: str) -> dict[str, object]:
    return bridge("Search", {"text": text}, source="ops.console")


def _format(**more: object) -> dict[str, object]:
    return {
        "logging": {
            "formatters": {"f": more},
            "handlers": {"h": {"class": "logging.StreamHandler", "formatter": "f"}},
            "loggers": {"fifth": {"level": "ERROR", "handlers": ["h"]}},
        }
    }


def _site(name: str, request: str = "Create", **more: str) -> dict[str, object]:
    return resource({"Name": name, **more}, request)


REQUESTS = {
    "command": [
        {"command": ["sort", "-r", "app.log"]},
        {"command": ["grep", "-c", "O'Brien; failed", "app.log"]},
    ],
    "runbook": [
        {"runbook": "errors"},
        {"runbook": "tail", "with": {"lines": 2}},
        {"runbook": "find", "with": {"text": "O'Brien; failed"}},
        {"runbook": "find", "with": {"text": "$(id); `id` | cat /etc/passwd"}},
    ],
    "log_search": [_log("error"), _log("O'Brien; failed"), _log("no such & thing | (here)")],
    "log_search_level": [{"level": "ERROR"}, {"level": "INFO", "most": "1"}, {"level": "INFO; id"}],
    "publish": [{"title": "All-systems-go"}, {"title": "95% up since 2026-05-04"}],
    "task": [
        {"module": "jobs.daily", "function": "clean", "args": ["tmp; rm -rf /", 3]},
        {"module": "jobs.daily", "function": "report", "args": [PROSE, IRISH]},
    ],
    "task_dotted": [
        bridge("Run", {"task": "jobs.daily.clean", "kwargs": {"folder": WINDOWS}}),
        bridge("Run", {"task": "jobs.daily.report"}),
    ],
    "task_listed": [
        {"task": "report", "args": ["x", "__import__"]},
        {"task": "os.system", "args": ["id"]},
        {"task": "clean"},
    ],
    "flag": [
        {"rule": "country == 'IE' and age >= 18", "user": {"country": "IE", "age": 40}},
        {"rule": "plan in ('gold', 'silver') or age * 2 > 90", "user": {"country": "x; y", "age": 46}},
    ],
    "flag_table": [
        {
            "rules": [["country", "in", ["IE", "O'B"]], ["age", ">", 17]],
            "user": {"country": "O'B", "age": 18},
        },
        {"rules": [["__class__", "==", "os.system"]], "user": {"__class__": "os.system"}},
    ],
    "log_level": [
        {"logging": {"loggers": {"fifth": {"level": "WARNING", "handlers": []}}}},
        _format(format="%(asctime)s; {x} %(message)s"),
    ],
    "job_variables": [
        {"variables": {"CUSTOMER": "O'Brien; $(id) `id`"}},
        {"variables": {"CUSTOMER": EMOJI, "NOTE": TICKET}},
    ],
    "job_variables_checked": [
        {"variables": {"CUSTOMER": IRISH, "NOTE": QUOTED, "LD_PRELOAD": "/tmp/x.so"}},
        {"variables": {"NOTE": "() { :; }; id", "BASH_ENV": "x", "; drop": SNIPPET}},
    ],
    "tidy_resource": [
        _site("o'brien (1).json", Content=NESTED),
        _site("a..b.json", "Update", Content=JAVA),
        _site("gone.json", "Delete"),
    ],
    "apply_patch": [
        {"set": {"a.b": PROSE, "a.c.d": [1, None], "list": SCRIPTS}},
        {"set": {"__class__.__init__": "x", "a.__proto__.admin": True}},
    ],
}
ATTACKS = [
    Attack("shell", "log_search", _log('x" /dev/null; id; echo "'), ID),
    Attack(
        "shell",
        "log_search",
        _log("$(id >&2; cat /etc/passwd | head -1 > /tmp/fifth-ops/app.log)root"),
        "root:x:0",
    ),
    Attack("options", "log_search", _log('" -r "" /etc/hostname /etc/passwd "'), "root:x:0"),
    Attack("shell", "publish", {"title": "`id`"}, ID),
    Attack("shell", "publish", {"title": "x; id > /tmp/fifth-ops/status.html #"}, ID),
    Attack("shell", "publish", {"title": "$(printf id | sh)"}, ID),
    Attack("dynamic import", "task", {"module": "subprocess", "function": "getoutput", "args": ["id"]}, ID),
    Attack("dynamic import", "task", {"module": "os", "function": "listdir", "args": ["/etc"]}, "passwd"),
    Attack(
        "dynamic import",
        "task",
        {"module": "builtins", "function": "eval", "args": ["open('/etc/passwd').read()"]},
        "root:x:0",
    ),
    Attack(
        "dynamic import",
        "task_dotted",
        bridge("Run", {"task": "subprocess.getoutput", "kwargs": {"cmd": "id"}}),
        ID,
    ),
    Attack(
        "dynamic import",
        "task_dotted",
        bridge("Run", {"task": "os.getenv", "kwargs": {"key": "PARTNER_URL"}}),
        "http://",
    ),
    Attack(
        "Python code",
        "flag",
        {
            "rule": "[m.popen('id').read() for m in [__import__('os')]][0]",
            "user": {"country": "IE", "age": 1},
        },
        ID,
    ),
    Attack(
        "Python code",
        "flag",
        {"rule": "open('/etc/passwd').read() if age else 0", "user": {"country": "IE", "age": 1}},
        "root:x:0",
    ),
    Attack("dynamic import", "log_level", _format(**{"()": "subprocess.getoutput", "cmd": "id"}), ID),
    Attack(
        "dynamic import", "log_level", _format(**{"()": "ext://app.subprocess.getoutput", "cmd": "id"}), ID
    ),
    Attack(
        "environment", "job_variables", {"variables": {"CUSTOMER": "x", "BASH_FUNC_echo%%": "() { id; }"}}, ID
    ),
    Attack("environment", "job_variables", {"variables": {"BASH_ENV": "$(id >&2)"}}, ID),
    Attack("path", "tidy_resource", _site("../owned.py", Content="x"), '"owned.py"'),
    Attack("path, delete", "tidy_resource", _site("../app.log", "Delete"), '"All": ["sites"]'),
    Attack("path", "tidy_resource", _site("/tmp/fifth-ops/absolute.py", Content="x"), '"absolute.py"'),
]
