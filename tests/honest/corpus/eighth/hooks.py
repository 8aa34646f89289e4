"""Webhooks, authorizers, triggers, custom resources and tasks."""

import base64
import hashlib
import hmac
import json
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    FIRM,
    INTERNAL,
    PEOPLE,
    SNIPPET,
    bus,
    form,
    http,
    jwt,
    pool,
    queue,
    stack,
)

KEY, TOKEN, SECRET = "jwt-key-of-this-year-long-enough-for-hs256", "hook-token-3021", "hook-secret-9416"


def _slack(text: str) -> dict[str, object]:
    return form(
        "/slack",
        command="/task",
        text=text,
        user_name="siobhan",
        channel_name="general",
        response_url="https://hooks.slack.com/commands/T1/2/x",
        token="gIkuvaNzQIHg97ATvDxqgjtO",
    )


def _event(data: object, key: bytes = b"slack-signing") -> dict[str, object]:
    body = json.dumps(data, ensure_ascii=False)
    signature = hmac.new(key, f"v0:1714600000:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": "1714600000", "x-slack-signature": f"v0={signature}"}
    return http("POST", "/slack/events", body, headers=headers)


def _charge(
    name: str | None, ident: str = "ch_3MmlLrLkdIwHu7ix0snN0B15", amount: object = 1099
) -> dict[str, object]:
    charge = {
        "id": ident,
        "object": "charge",
        "amount": amount,
        "currency": "eur",
        "billing_details": {"name": name},
    }
    return http(
        "POST",
        "/stripe",
        {"id": "evt_1", "type": "charge.succeeded", "data": {"object": charge}, "livemode": False},
        headers={"stripe-signature": "t=1714600000,v1=abc"},
    )


def _push(ref: str, *messages: str, name: str = "web-shop") -> dict[str, object]:
    return http(
        "POST",
        "/github",
        {
            "ref": ref,
            "repository": {
                "name": name,
                "full_name": f"example/{name}",
                "clone_url": f"https://github.com/example/{name}.git",
            },
            "commits": [{"id": "abc", "message": one, "author": {"name": PEOPLE[0]}} for one in messages],
        },
        headers={"x-github-event": "push", "x-hub-signature-256": "sha256=0"},
    )


def _authorize(token: str) -> dict[str, object]:
    return {
        "type": "TOKEN",
        "authorizationToken": f"Bearer {token}",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:k3x9/prod/GET/orders",
    }


class _Call:
    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> object:
        return self.function, self.arguments


def _cookie(value: object) -> dict[str, object]:
    data = value if isinstance(value, bytes) else pickle.dumps(value)
    return {**http("GET", "/me"), "cookies": ["theme=dark", f"session={base64.b64encode(data).decode()}"]}


def _task(step: str, *arguments: object, **more: str) -> dict[str, object]:
    return {
        "step": step,
        "arguments": list(arguments),
        "execution": "arn:aws:states:eu-central-1:1:execution:m:1",
        **more,
    }


def _note(name: str) -> dict[str, object]:
    return http("GET", "/note", headers={"x-note": name})


def _yaml(text: str) -> dict[str, object]:
    return http("POST", "/config", text, headers={"content-type": "application/yaml"})


REQUESTS = {
    "slack_command": [
        _slack("list ann"),
        _slack("add Don't forget: it's 5 o'clock; (urgent) & more"),
        _slack("find it's"),
        _slack(""),
        _slack("list bo"),
    ],
    "slack_event": [
        _event(
            {
                "type": "url_verification",
                "token": "x",
                "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
            }
        ),
        _event(
            {
                "type": "event_callback",
                "event": {"type": "app_mention", "channel": "C1", "text": f"<@U1> {SNIPPET}"},
            }
        ),
        _event(
            {
                "type": "event_callback",
                "event": {"type": "app_mention", "channel": "C1", "text": "<@U1> how's it going? 👋"},
            }
        ),
        _event({"type": "event_callback", "event": {}}, b"wrong"),
    ],
    "stripe_event": [_charge(PEOPLE[0]), _charge(None), _charge(FIRM + '; "x" --', "ch_4")],
    "github_push": [
        _push("refs/heads/main", "Fix: don't drop the table's rows (closes #12)\n\nlong text", ""),
        _push("refs/heads/feature/it-2024_05.x", "SELECT; rm -rf build && echo `date`"),
        _push("refs/heads/release/1.0", name="shop.web"),
        http("POST", "/github", {"zen": "Keep it logically awesome."}, headers={"x-github-event": "ping"}),
    ],
    "authorizer": [
        _authorize(jwt({"sub": "u-1", "role": "editor"}, KEY)),
        _authorize(jwt({"sub": "o'hara"}, KEY, kid="2024.key")),
        _authorize(jwt({"sub": "x"}, "other", kid="2023.key")),
        _authorize("not.a.token"),
    ],
    "session": [
        _cookie({"user": PEOPLE[0], "cart": [1, 2]}),
        _cookie({"user": "李", "since": 1.5, "flags": {"a", "b"}}),
        http("GET", "/me"),
    ],
    "pre_sign_up": [
        pool("PreSignUp_SignUp", "ann", {"email": "ann@example.org", "name": PEOPLE[1]}),
        pool("PreSignUp_ExternalProvider", "google_1", {"email": "o'x+y@gmail.com"}, validationData={}),
        pool("PreSignUp_AdminCreateUser", "bo"),
    ],
    "custom_message": [
        pool("CustomMessage_SignUp", "ann", {"name": PEOPLE[0]}, codeParameter="{####}"),
        pool("CustomMessage_ForgotPassword", "x", {"name": "{name} & <b>Co</b> %s"}, codeParameter="{####}"),
        pool("CustomMessage_ResendCode", "bo'x", codeParameter="{####}", usernameParameter=None),
    ],
    "pre_token": [
        pool("TokenGeneration_HostedAuth", "ann"),
        pool("TokenGeneration_RefreshTokens", "o'hara"),
        pool("TokenGeneration_Authentication", "li-小龍"),
    ],
    "custom_resource": [
        stack(
            "Create",
            "@PARTNER@/cfn/response?X-Amz-Signature=ab%2Fcd",
            Name="events_2024",
            Columns=["id", "name", "at"],
        ),
        stack("Update", "@PARTNER@/cfn/response?x=1", Name="user profiles"),
        stack("Delete", "@PARTNER@/cfn/response", Name="events_2024"),
    ],
    "config_changed": [
        queue("name: it's\nretries: 3\nhosts: [a, b]\nday: 2024-05-02\n"),
        queue('greeting: "Hi {{ name }} & !important"\ntags: !!set {a}\n', "# nothing\n"),
        queue("base: &base {x: 1}\nother:\n  <<: *base\n  y: !!str 2\n"),
    ],
    "config_checked": [
        _yaml('a: 1\nb:\n  - it\'s\n  - "{{ x }}"\n'),
        _yaml("text: |\n  SELECT * FROM x;\n  !not a tag\n"),
        _yaml("{}"),
    ],
    "task": [
        _task("total", 1, 2, 3.5),
        _task("average", 3, 4),
        _task("titled", "o'neill & the sons"),
        _task("average", 1, 2, 4, module="steps"),
    ],
    "schedule": [
        bus("Remind", {"day": "2024-05-02"}),
        bus("Remind", {"day": "2024-12-31", "days": "1", "format": "%d.%m.%Y (%a)"}),
        bus("Remind", {"day": "2024-02-28", "days": 2, "format": "it's %x"}),
    ],
    "read_note": [_note("public.txt"), _note("no such; note (1).txt"), http("GET", "/note")],
}
# What comes all day.
ORDINARY = {
    "slack_command": [_slack("add Buy milk"), _slack("find door"), _slack("help")],
    "slack_event": [
        _event(
            {
                "type": "event_callback",
                "event": {"type": "app_mention", "channel": "C1", "text": "<@U1> status of build 512?"},
            }
        )
    ],
    "stripe_event": [_charge("Maria Rossi", "ch_9", 4200), _charge("John Smith", "ch_10", 50)],
    "github_push": [
        _push("refs/heads/main", "Add tests", "Update README.md"),
        _push("refs/heads/dependabot/pip/requests-2.32.0", "Bump requests"),
    ],
    "authorizer": [
        _authorize(jwt({"sub": "maria", "exp": 4102444800}, KEY)),
        _authorize(jwt({"sub": "old", "exp": 1600000000}, KEY)),
    ],
    "session": [_cookie({"user": "maria", "theme": "dark", "visits": 12})],
    "pre_sign_up": [
        pool("PreSignUp_SignUp", "maria", {"email": "maria@example.it", "phone_number": "+39065550101"})
    ],
    "custom_message": [
        pool(
            "CustomMessage_SignUp",
            "maria",
            {"name": "Maria", "email": "maria@example.it"},
            codeParameter="{####}",
        )
    ],
    "pre_token": [
        pool("TokenGeneration_Authentication", "bo"),
        pool("TokenGeneration_Authentication", "google_1123581321"),
    ],
    "custom_resource": [
        stack(
            "Create",
            "@PARTNER@/cfn/response",
            Name="audit_log",
            Columns=["id", "who", "at"],
        ),
        stack("Delete", "@PARTNER@/cfn/response", Name="audit_log"),
    ],
    "config_changed": [queue("log_level: info\ntimeout: 30\nfeatures:\n  search: true\n  chat: false\n")],
    "config_checked": [_yaml("service: web\nreplicas: 2\nenv:\n  LOG_LEVEL: debug\n")],
    "task": [_task("total", 10, 20, 30), _task("titled", "spring sale")],
    "schedule": [
        bus("Remind", {"day": "2024-06-01", "days": 14}),
        bus("Remind", {"day": "2024-05-31", "format": "%Y/%m/%d"}),
    ],
    "read_note": [_note("keys.txt"), _note("readme")],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack("SQL, union", "slack_command", _slack("list x' UNION SELECT token FROM tokens -- "), TOKEN),
    Attack(
        "SQL, union", "slack_command", _slack("list 'union select token as id from tokens where'1"), TOKEN
    ),
    Attack(
        "SQL, union",
        "slack_command",
        _slack("list x'\nUNION VALUES((SELECT owner || '=' || token FROM tokens))--"),
        TOKEN,
    ),
    Attack("SQL, insert", "stripe_event", _charge("x", "c', (SELECT token FROM tokens), 1) --"), TOKEN),
    Attack("SQL, insert", "stripe_event", _charge("x", "a'||(SELECT token FROM tokens)||'b"), TOKEN),
    Attack("command, separator", "github_push", _push("refs/heads/main;cat /tmp/hooks/private.txt"), SECRET),
    Attack("command, substitution", "github_push", _push("refs/heads/$(cat</tmp/hooks/private.txt)"), SECRET),
    Attack(
        "command, separator",
        "github_push",
        _push("refs/heads/main", name="x|nl${IFS}/tmp/hooks/private.txt"),
        SECRET,
    ),
    Attack(
        "command, substitution", "github_push", _push("refs/heads/`head${IFS}-1${IFS}private.txt`"), SECRET
    ),
    Attack(
        "command, loop",
        "github_push",
        _push("refs/heads/main", name="x;for f in p*.txt;do head $f;done"),
        SECRET,
    ),
    Attack(
        "path, key of a token",
        "authorizer",
        _authorize(jwt({"sub": "evil", "role": "root-1"}, "hello", kid="../public.txt")),
        '"role": "root-1"',
    ),
    Attack(
        "path, key of a token",
        "authorizer",
        _authorize(jwt({"sub": "e", "role": "root-2"}, "hello", kid="/tmp/hooks/keys/../public.txt")),
        '"role": "root-2"',
    ),
    Attack(
        "deserialisation, pickle",
        "session",
        _cookie({"user": _Call(eval, "open('/tmp/hooks/private.txt').read()")}),
        SECRET,
    ),
    Attack(
        "deserialisation, pickle",
        "session",
        _cookie({"user": _Call(__import__("subprocess").getoutput, "cat /tmp/hooks/private.txt")}),
        SECRET,
    ),
    Attack(
        "deserialisation, pickle",
        "read_note",
        _note("stolen.txt"),
        SECRET,
        before=[
            ("session", _cookie(b"cos\nsystem\n(S'cp /tmp/hooks/private.txt /tmp/hooks/stolen.txt'\ntR."))
        ],
    ),
    Attack(
        "deserialisation, pickle",
        "session",
        _cookie(b"(dS'user'\ncbuiltins\ngetattr\n(cos\nenviron\nS'copy'\ntR(tRs."),
        "not-a-real-token",
    ),
    Attack(
        "SQL, union",
        "pre_token",
        pool("TokenGeneration_Authentication", 'x" UNION SELECT token FROM tokens --'),
        TOKEN,
    ),
    Attack(
        "SQL, boolean", "pre_token", pool("TokenGeneration_Authentication", 'x" or "a"<>"b'), "Fix the door"
    ),
    Attack(
        "SQL, columns",
        "slack_command",
        _slack("list evil1"),
        TOKEN,
        before=[
            (
                "custom_resource",
                stack(
                    "Create",
                    "@PARTNER@/cfn",
                    Name="t1",
                    Columns=[
                        "a",
                        "b TEXT); INSERT INTO tasks (title, owner) SELECT token, 'evil1' FROM tokens; --",
                    ],
                ),
            )
        ],
    ),
    Attack(
        "SQL, columns",
        "slack_command",
        _slack("list evil2"),
        TOKEN,
        before=[
            (
                "custom_resource",
                stack(
                    "Create",
                    "@PARTNER@/cfn",
                    Name='t2" AS SELECT 1; INSERT INTO tasks (title, owner) SELECT token, char(101,118,105,108,50) FROM tokens/*',
                ),
            )
        ],
    ),
    Attack(
        "SSRF, callback", "custom_resource", stack("Create", "@INSIDE@/internal/cfn", Name="t3"), INTERNAL
    ),
    Attack(
        "SSRF, callback",
        "custom_resource",
        stack("Delete", "http://[::ffff:127.0.0.1]:@PORT@/internal", Name="t3"),
        INTERNAL,
    ),
    Attack(
        "deserialisation, YAML",
        "config_changed",
        queue("a: !!python/object/apply:subprocess.getoutput ['cat /tmp/hooks/private.txt']"),
        SECRET,
    ),
    Attack(
        "deserialisation, YAML",
        "config_changed",
        queue("a: !!python/object/new:builtins.eval [\"open('/tmp/hooks/private.txt').read()\"]"),
        SECRET,
    ),
    Attack(
        "deserialisation, YAML", "config_changed", queue("k: !!python/name:os.environ ''"), "not-a-real-token"
    ),
    Attack(
        "deserialisation, YAML",
        "config_changed",
        queue(
            "%TAG !p! tag:yaml.org,2002:python/\n---\nx: !p!object/apply:subprocess.getoutput ['cat /tmp/hooks/private.txt']"
        ),
        SECRET,
    ),
    Attack(
        "import, dynamic",
        "task",
        _task("getoutput", "cat /tmp/hooks/private.txt", module="subprocess"),
        SECRET,
    ),
    Attack(
        "import, dynamic",
        "task",
        _task("eval", "open('/tmp/hooks/private.txt').read()", module="builtins"),
        SECRET,
    ),
    Attack(
        "import, dynamic", "task", _task("getline", "/tmp/hooks/private.txt", 1, module="linecache"), SECRET
    ),
    Attack("import, dynamic", "task", _task("getenv", "AWS_SESSION_TOKEN", module="os"), "not-a-real-token"),
    Attack("path, absolute", "read_note", _note("/tmp/hooks/private.txt"), SECRET),
    Attack("path, absolute", "read_note", _note("/proc/self/environ"), "not-a-real-token"),
    Attack("path, absolute", "read_note", _note("/proc/self/root/tmp/hooks//./private.txt"), SECRET),
]
