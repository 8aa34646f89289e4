"""Triggers of Cognito, Step Functions, Config, CloudFormation, Lex, IoT and schedules."""

import datetime
import fnmatch
import hashlib
import ipaddress
import json
import os
import random
import re
import string
import time
import unicodedata
import urllib.parse
import zoneinfo

DOMAINS = {"example.org", "example.com"}


def pre_sign_up(event, context):
    email = event["request"]["userAttributes"]["email"]
    if email.rpartition("@")[2].lower() in DOMAINS:
        event["response"].update(autoConfirmUser=True, autoVerifyEmail=True)
    return event


def custom_message(event, context):
    code, name = event["request"]["codeParameter"], event["request"]["userAttributes"].get("name", "")
    event["response"]["emailSubject"] = "Welcome, {}".format(name)
    event["response"]["emailMessage"] = f"<p>Your code is <b>{code}</b></p>"
    return event


def token_generation(event, context):
    groups = event["request"]["groupConfiguration"]["groupsToOverride"]
    event["response"]["claimsOverrideDetails"] = {
        "claimsToAddOrOverride": {"tenant": event["userName"].split("_")[0], "roles": ",".join(groups)}
    }
    return event


def challenge(event, context):
    session = event["request"]["session"]
    event["response"]["issueTokens"] = bool(session and session[-1]["challengeResult"])
    event["response"]["failAuthentication"] = len(session) >= 3
    return event


def step(event, context):
    result = {"retries": event.get("retries", 0) + 1, "input": event["input"]}
    if event.get("choice") == "wait":
        result["waitUntil"] = (
            datetime.datetime(2026, 1, 1) + datetime.timedelta(hours=event["hours"])
        ).isoformat() + "Z"
    return result


def fan_out(event, context):
    size = int(event.get("size", 2))
    items = event["items"]
    return {"batches": [items[at : at + size] for at in range(0, len(items), size)]}


def schedule(event, context):
    at = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    local = at.astimezone(zoneinfo.ZoneInfo(event.get("zone", "Europe/Berlin")))
    return [local.isoformat(), local.strftime("%A"), event["resources"][0].rpartition("/")[2]]


def custom_resource(event, context):
    kind = event["RequestType"]
    properties = event.get("ResourceProperties", {})
    identifier = (
        event.get("PhysicalResourceId")
        or hashlib.sha1(json.dumps(properties, sort_keys=True).encode()).hexdigest()[:8]
    )
    return {
        "Status": "SUCCESS",
        "PhysicalResourceId": identifier,
        "Data": {"Kind": kind.lower(), "Names": sorted(properties)},
    }


def lex(event, context):
    intent = event["sessionState"]["intent"]
    slots = {
        name: (slot or {}).get("value", {}).get("interpretedValue") for name, slot in intent["slots"].items()
    }
    missing = [name for name, value in slots.items() if value is None]
    if missing:
        return {
            "sessionState": {
                "dialogAction": {"type": "ElicitSlot", "slotToElicit": missing[0]},
                "intent": intent,
            }
        }
    return {"messages": [{"contentType": "PlainText", "content": f"Ordered {slots['Size']} {slots['Kind']}"}]}


def device(event, context):
    topic = re.match(r"devices/(?P<id>[^/]+)/(?P<what>\w+)", event["topic"])
    return {**topic.groupdict(), "celsius": round((event["payload"]["fahrenheit"] - 32) / 1.8, 1)}


def config_rule(event, context):
    item = json.loads(event["invokingEvent"])["configurationItem"]
    parameters = json.loads(event.get("ruleParameters", "{}"))
    wanted = {name.strip() for name in parameters.get("tags", "").split(",")}
    return "COMPLIANT" if wanted <= item["tags"].keys() else "NON_COMPLIANT"


def edge(event, context):
    request = event["Records"][0]["cf"]["request"]
    if request["uri"].endswith("/"):
        request["uri"] += "index.html"
    query = urllib.parse.parse_qs(request["querystring"])
    request["querystring"] = urllib.parse.urlencode(sorted(query.items()), doseq=True)
    return request


def slug(event, context):
    text = unicodedata.normalize("NFKD", event["title"]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def allowed_ip(event, context):
    address = ipaddress.ip_address(event["ip"])
    return any(
        address in ipaddress.ip_network(one)
        for one in event.get("networks", ["10.0.0.0/8", "198.51.100.0/24"])
    )


def wildcard(event, context):
    return [one for one in event["names"] if fnmatch.fnmatch(one, event["pattern"])]


def seeded(event, context):
    chosen = random.Random(event["seed"])
    return "".join(chosen.choice(string.ascii_letters) for _ in range(event["length"]))


def variable(event, context):
    name = {"region": "AWS_REGION", "function": "AWS_LAMBDA_FUNCTION_NAME"}[event["what"]]
    return os.environ.get(name, "")


def timed(event, context):
    begun = time.monotonic()
    result = sorted(event["values"], key=str)
    return [
        result,
        time.monotonic() - begun < 60,
        context.function_name,
        context.get_remaining_time_in_millis() > 0,
    ]


def tables(event, context):
    header, *rows = [line.split("|") for line in event["text"].splitlines()]
    width = [max(len(row[n]) for row in [header, *rows]) for n in range(len(header))]
    return ["  ".join(cell.ljust(width[n]) for n, cell in enumerate(row)) for row in [header, *rows]]


def ssml(event, context):
    safe = event["text"].translate({ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;"})
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "SSML", "ssml": f"<speak>{safe}</speak>"}},
    }
