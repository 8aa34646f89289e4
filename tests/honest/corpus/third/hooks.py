"""Webhooks and bots."""

import json

from tests.honest.corpus.third import (
    BASE64,
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
    http,
)


def _slack(text: str) -> dict[str, object]:
    form = {"token": "x", "team_domain": "shop", "user_name": "ada", "command": "/todo", "text": text}
    return http("POST", "/slack", form={**form, "response_url": "https://hooks.slack.com/commands/1/2"})


def _push(ref: str, message: str, *paths: str) -> dict[str, object]:
    commit = {"id": "a1b2c3", "message": message, "added": list(paths), "modified": ["README.md"]}
    body = {
        "ref": ref,
        "commits": [commit],
        "pusher": {"name": NAME},
        "repository": {"full_name": "acme/shop"},
    }
    return http("POST", "/hook", body, headers={"x-hub-signature-256": "sha256=00", "x-github-event": "push"})


def _issue(title: str, text: str | None) -> dict[str, object]:
    issue = {"number": 12, "title": title, "body": text, "user": {"login": "ada"}}
    return http(
        "POST", "/hook", {"action": "opened", "issue": issue, "repository": {"full_name": "acme/shop"}}
    )


def _telegram(text: str) -> dict[str, object]:
    return http("POST", "/t", {"update_id": 1, "message": {"text": text, "chat": {"id": -100123}}})


REQUESTS = {
    "slack_command": [
        _slack("add buy milk & bread; don't forget"),
        _slack("list"),
        _slack("echo " + MARKDOWN),
        _slack("count select * from lunch"),
        _slack("eval 1+1"),
    ],
    "slack_event": [
        http(
            "POST",
            "/e",
            {"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"},
        ),
        http(
            "POST",
            "/e",
            {"type": "event_callback", "event": {"channel": "C1", "text": "<@U1> " + COMMENT, "ts": "1.2"}},
        ),
        http("POST", "/e", {"type": "event_callback", "event": {"channel": "C1", "text": CODE}}),
        http(
            "POST", "/e", {"type": "event_callback", "event": {"channel": "C1", "text": URL + " " + UNICODE}}
        ),
    ],
    "slack_interactive": [
        http(
            "POST",
            "/i",
            form={
                "payload": json.dumps(
                    {
                        "type": "view_submission",
                        "user": {"name": "o'neil"},
                        "view": {
                            "state": {
                                "values": {one: {"a": {"value": text}} for one, text in answers.items()}
                            }
                        },
                    }
                )
            },
        )
        for answers in (
            {"like": "the tea", "dislike": COMMENT},
            {"feedback": "feedback", "who": "select", "answer": LONG},
            {"like": JSON_TEXT, "dislike": SHELLY},
        )
    ],
    "github_push": [
        _push("refs/heads/main", "fix: drop table locks; don't select twice", "src/app.py", "docs/a b.md"),
        _push("refs/heads/feature/o'brien-$(x)", MARKDOWN, "a/../b.txt", "--help"),
        _push("refs/heads/releases/2.0.1", "Merge branch 'x'; `make`", "../up.txt"),
    ],
    "github_issue": [
        _issue("Crash on select", CODE),
        _issue("Docs & README: <b>typo</b>", None),
        _issue("error: unexpected ';' near '--'", MARKDOWN),
    ],
    "stripe_event": [
        http(
            "POST",
            "/s",
            {
                "type": "charge.succeeded",
                "data": {"object": {"id": "ch_1", "amount": 1999, "currency": "eur", "description": text}},
            },
        )
        for text in (COMPANY, COMMENT, "amount", "'; --")
    ],
    "telegram": [_telegram("/start"), _telegram("/nosuch 1; ls"), _telegram(MARKDOWN), _telegram(URL)],
    "twilio_sms": [
        http("POST", "/sms", form={"From": "+49170", "Body": text})
        for text in ("STOP", HTML, "Is it <5 & >3?")
    ],
    "lex_intent": [
        {"sessionState": {"intent": {"name": "Book", "slots": slots}}}
        for slots in (
            {
                "City": {"value": {"interpretedValue": "Saint-Jean-d'Angély"}},
                "Date": {"value": {"interpretedValue": "2026-03-14"}},
            },
            {"City": {"value": {"interpretedValue": "{Date}"}}, "Date": None},
        )
    ],
    "alexa": [
        {"version": "1.0", "request": {"type": "LaunchRequest", "locale": "de-DE"}},
        {
            "version": "1.0",
            "request": {
                "type": "IntentRequest",
                "intent": {
                    "name": "Add",
                    "slots": {"item": {"name": "item", "value": "mom's cookies"}, "x": {"name": "x"}},
                },
            },
        },
    ],
    "discord": [
        http("POST", "/d", {"type": 1}),
        http(
            "POST", "/d", {"type": 2, "data": {"name": "roll", "options": [{"name": "sides", "value": 20}]}}
        ),
        http(
            "POST",
            "/d",
            {"type": 2, "data": {"name": "say", "options": [{"name": "text", "value": CODE + UNICODE}]}},
        ),
    ],
    "jira_comment": [
        http("POST", "/j", {"timestamp": 1781000000000, "issue": {"key": "OPS-7"}, "comment": {"body": text}})
        for text in ("see [~o.brien] {code:sql}DROP TABLE x;{code}", MARKDOWN, TEMPLATE)
    ],
    "mail_inbound": [
        http(
            "POST",
            "/m",
            {
                "subject": "Re: " + COMPANY,
                "from": '"O\'Brien, S." <s@example.org>',
                "text": LONG,
                "attachment": BASE64,
            },
        ),
        http("POST", "/m", {"subject": "FWD: invoice.pdf", "from": "a@b.c", "text": HTML + "\n-- \nsig"}),
    ],
    "pagerduty": [
        http("POST", "/p", {"messages": [{"incident": {"title": title, "html_url": URL, "urgency": "high"}}]})
        for title in ("CPU > 90% on db-1; SELECT is slow", "OOM: python -c 'x' killed")
    ],
}
NEEDS = ()
