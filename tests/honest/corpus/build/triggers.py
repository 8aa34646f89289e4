"""Events of services that are neither HTTP nor batches."""

import json

from tests.honest.samples.sample import TEXTS


def cognito(source, **request):
    return {
        "version": "1",
        "triggerSource": source,
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_x",
        "userName": "acme_ada",
        "callerContext": {"clientId": "c"},
        "request": request,
        "response": {},
    }


REQUESTS = {
    "pre_sign_up": [
        cognito("PreSignUp_SignUp", userAttributes={"email": "ada@example.org"}),
        cognito("PreSignUp_SignUp", userAttributes={"email": "o'brien@evil.example.net"}),
    ],
    "custom_message": [
        cognito("CustomMessage_SignUp", codeParameter="{####}", userAttributes={"name": "Ada"}),
        cognito("CustomMessage_SignUp", codeParameter="{####}", userAttributes={"name": "{0.__class__}"}),
    ],
    "token_generation": [
        cognito(
            "TokenGeneration_Authentication",
            groupConfiguration={"groupsToOverride": ["admin", "ops"]},
            userAttributes={},
        )
    ],
    "challenge": [
        cognito("DefineAuthChallenge", session=[]),
        cognito("DefineAuthChallenge", session=[{"challengeName": "X", "challengeResult": True}]),
    ],
    "step": [{"input": {"a": 1}}, {"input": TEXTS["shell"], "choice": "wait", "hours": 36, "retries": 2}],
    "fan_out": [{"items": [1, 2, 3, 4, 5], "size": "2"}, {"items": ["import os"]}],
    "schedule": [
        {
            "time": "2026-11-30T10:00:00Z",
            "resources": ["arn:aws:events:eu-central-1:123456789012:rule/nightly"],
        },
        {
            "time": "2026-07-01T10:00:00Z",
            "zone": "America/New_York",
            "resources": ["arn:aws:events:eu-central-1:123456789012:rule/x"],
        },
        {"time": "2026-07-01T10:00:00Z", "zone": "Asia/Tokyo", "resources": ["rule/y"]},
    ],
    "custom_resource": [
        {"RequestType": "Create", "ResourceProperties": {"Name": "x", "ServiceToken": "arn"}},
        {"RequestType": "Delete", "PhysicalResourceId": "p-1"},
    ],
    "lex": [
        {
            "sessionState": {
                "intent": {
                    "name": "Order",
                    "slots": {
                        "Size": {"value": {"interpretedValue": "large"}},
                        "Kind": {"value": {"interpretedValue": "tea"}},
                    },
                }
            }
        },
        {"sessionState": {"intent": {"name": "Order", "slots": {"Size": None, "Kind": None}}}},
    ],
    "device": [{"topic": "devices/d-7/telemetry", "payload": {"fahrenheit": 68}}],
    "config_rule": [
        {
            "invokingEvent": json.dumps({"configurationItem": {"tags": {"owner": "ada"}}}),
            "ruleParameters": json.dumps({"tags": "owner, cost"}),
        },
        {
            "invokingEvent": json.dumps({"configurationItem": {"tags": {"owner": "a"}}}),
            "ruleParameters": json.dumps({"tags": "owner"}),
        },
    ],
    "edge": [
        {"Records": [{"cf": {"request": {"uri": "/docs/", "querystring": "b=2&a=1", "method": "GET"}}}]},
        {
            "Records": [
                {"cf": {"request": {"uri": "/../x", "querystring": "q=%27%20OR%201", "method": "GET"}}}
            ]
        },
    ],
    "slug": [{"title": "Hello, World: the $(best) of 2026"}, {"title": TEXTS["unicode"]}],
    "allowed_ip": [
        {"ip": "198.51.100.7"},
        {"ip": "169.254.169.254"},
        {"ip": "2001:db8::1", "networks": ["2001:db8::/32"]},
    ],
    "wildcard": [{"names": ["a.txt", "b.csv"], "pattern": "*.txt"}, {"names": ["x"], "pattern": "[!a]"}],
    "seeded": [{"seed": "x", "length": 5}, {"seed": 7, "length": 3}],
    "variable": [{"what": "region"}, {"what": "function"}],
    "timed": [{"values": [3, "a", None]}],
    "tables": [{"text": "name|price\ntea|3"}, {"text": "a|b\n`id`|$(x)"}],
    "ssml": [{"text": "Hi <b> & co"}, {"text": "plain"}],
}
