"""Texts that people type into forms of festivals and waste collectors, and events that no earlier set has."""

from __future__ import annotations

from collections.abc import Mapping

NAMES = (
    "Caoimhe O'Dowd",
    "Łukasz Żółć-Nowak",
    "Sinéad d'Arcy-O'Hara",
    "Mary-Ann Order-By",
    "محمد الفاتح",
    "Ngozi & the Union (Select) Band",
    "Bobby Tables; Sr.",
    "O''Brien -- \"Obi\"",
)
MUD = (
    "Hello team!\n\nit's about the gate at 18:00 -- we couldn't get in; 100% of the queue (≈300 people) was told\n"
    '"drop your bags or leave". Where do I select the refund? I\'d rather not update my card from here...\n'
    "1) name: O'Dowd; 2) order: 4711; 3) e-mail: caoimhe+tix@example.ie\n\nBest,\nC. <3"
)
TICKET = (
    "My script dies since Monday:\n\n```\nimport subprocess, json\nout = subprocess.run(['ls', '-la', '../data'], check=True)\n"
    "cur.execute(f\"DELETE FROM orders WHERE id = '{order}'\")  # yes, I know\neval(input())\n```\n"
    "$ curl -d '{\"a\": 1}' http://localhost:8080/admin | jq '.[] | select(.x)'\nPlus {{ event.name }} and ${price} show up raw; "
    "%(total)s too; <script>alert('x')</script> isn't mine!"
)
PAGE = (
    "<h1>Q&amp;A</h1><p style='color:red'>Can't <b>see</b> it? Try <a href=\"https://example.org/?a=1&b='2'\">here</a>.</p>"
    "<!-- todo; drop --><ul><li>1 < 2</li></ul><img src=x alt='it''s'>"
)
PHRASES = (
    "rock 'n' roll",
    "drop in, or select a seat from row 5 where you like",
    'the "Union" stage -- 50% off; ends today!',
    "Größe XL / 10 €; #tag @you 🎸",
    "../lost+found/umbrella (1).jpg",
    "1 = 1 or so; not null",
    "C:\\Users\\ed\\rider v2.docx",
    "a*b (c|d) [e] ^f$ {g}",
)
URL = "https://example.org/p/a%20b?x=1&y='2'&z=a+b#/../top;v=1"


def agent(function: str, said: str, **parameters: str) -> dict[str, object]:
    """A tool call that Bedrock's agent decided on, with what the user said."""
    return {
        "messageVersion": "1.0",
        "agent": {"name": "helper", "id": "AG1", "alias": "TST", "version": "3"},
        "sessionId": "s-55",
        "sessionAttributes": {},
        "promptSessionAttributes": {},
        "inputText": said,
        "actionGroup": "desk",
        "function": function,
        "parameters": [{"name": key, "type": "string", "value": value} for key, value in parameters.items()],
    }


def confirmed(user: str, **attributes: str) -> dict[str, object]:
    """Cognito's trigger after a user has confirmed the address."""
    return {
        "version": "1",
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_Qq",
        "userName": user,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "c9"},
        "triggerSource": "PostConfirmation_ConfirmSignUp",
        "request": {"userAttributes": attributes},
        "response": {},
    }


def changes(table: str, *images: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """New items of a DynamoDB stream."""
    return {
        "Records": [
            {
                "eventID": f"c4{number}",
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-central-1",
                "dynamodb": {
                    "Keys": {"id": image["id"]},
                    "NewImage": image,
                    "SequenceNumber": f"111{number}",
                    "StreamViewType": "NEW_IMAGE",
                },
                "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:123456789012:table/{table}/stream/2026",
            }
            for number, image in enumerate(images)
        ]
    }
