"""What goes over the wire: signed, escaped, encrypted, and read by AWS's own services as moto plays them."""

from __future__ import annotations

import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any, Literal

import boto3
import pytest
from moto import mock_aws
from tests.fleet.formats.test_formats import detection
from tests.fleet.service.receiver import Receiver

from dayfly.fleet.service.alerts.alert import Alert, ChannelError
from dayfly.fleet.service.alerts.aws import EventBridgeCarrier, SecurityHubCarrier
from dayfly.fleet.service.alerts.http import SlackCarrier, WebhookCarrier, slack_message
from dayfly.fleet.service.alerts.mail import MailCarrier, make_mail
from dayfly.fleet.service.settings import Email, EventBridge, SecurityHub, Slack, Webhook

ACCOUNT = "123456789012"


def _alert(**changes: Any) -> Alert:
    made = detection(**changes)
    return Alert(
        {name: getattr(made, name) for name in made.__struct_fields__}, url="https://dayfly.example.com"
    )


def test_a_webhook_is_signed_over_time_and_body(receiver: tuple[str, type[Receiver]]) -> None:
    url, kind = receiver
    secret = "a secret of the webhook's"
    WebhookCarrier(Webhook(name="w", url=url, secret=secret), clock=lambda: 1_790_000_000.9).send([_alert()])
    _, headers, body = kind.got[0]
    expected = hmac.new(secret.encode(), b"1790000000." + body, hashlib.sha256).hexdigest()
    assert headers["x-dayfly-signature"] == f"v1={expected}"
    assert headers["x-dayfly-delivery"].endswith(":4")
    told = json.loads(body)
    assert told["class_uid"] == 2004
    assert told["finding_info"]["src_url"].startswith("https://dayfly.example.com/findings/")


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500])
def test_what_is_no_success_is_a_failure_and_redirects_lead_nowhere(
    receiver: tuple[str, type[Receiver]], status: int
) -> None:
    url, kind = receiver
    kind.status = status
    with pytest.raises(ChannelError, match=str(status)) as raised:
        WebhookCarrier(Webhook(name="w", url=url, secret="s" * 16)).send([_alert()])
    assert "/hook" not in str(raised.value)
    assert len(kind.got) == 1


def test_a_webhook_that_is_not_there_is_told_without_its_address() -> None:
    secret = "https://127.0.0.1:1/services/T000/B000/XXXX"
    with pytest.raises(ChannelError) as raised:
        SlackCarrier(Slack(name="s", url=secret)).send([_alert()])
    assert "T000" not in str(raised.value)


def test_what_comes_from_logs_cannot_call_people_or_link_in_slack(
    receiver: tuple[str, type[Receiver]],
) -> None:
    url, kind = receiver
    hostile = "<!channel> <https://evil.example|click> *bold* @here & `code`\n# title"
    SlackCarrier(Slack(name="s", url=url)).send([_alert(story=hostile, functions=[hostile], title=hostile)])
    text = json.dumps(json.loads(kind.got[0][2]), ensure_ascii=False)
    assert "<!channel>" not in text.replace('"plain_text"', "").split('"section"')[1]
    assert "<https" not in text.split('"section"')[1]
    assert "&lt;!channel&gt;" in text
    message = slack_message(_alert(story="x" * 9000, reasons=["y" * 9000]))
    assert len(message["blocks"][1]["text"]["text"]) < 3000  # type: ignore[index]


class _Mailbox(socketserver.StreamRequestHandler):
    mails: list[str]
    refuses = False

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    text += part
                self.mails.append(text.decode())
                self.wfile.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            elif verb == b"RCPT" and self.refuses:
                self.wfile.write(b"550 nobody here\r\n")
            else:
                self.wfile.write(b"250 fine\r\n")


@pytest.fixture
def mailbox() -> Iterator[tuple[int, type[_Mailbox]]]:
    kind = type("Mailbox", (_Mailbox,), {"mails": []})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield int(server.server_address[1]), kind
        server.shutdown()


def _email(port: int, tls: Literal["none", "starttls"] = "none") -> Email:
    return Email(
        name="m", host="127.0.0.1", port=port, tls=tls, sender="dayfly@example.com", to=["soc@example.com"]
    )


def test_a_mail_says_what_happened_and_no_header_can_be_put_into_it(
    mailbox: tuple[int, type[_Mailbox]],
) -> None:
    port, kind = mailbox
    assert (
        MailCarrier(_email(port)).send([_alert(title="Burst\r\nBcc: evil@example.com"), _alert(uid="2" * 32)])
        == {}
    )
    assert len(kind.mails) == 2
    assert "\nBcc:" not in kind.mails[0]
    assert "One source hit 40 environments." in kind.mails[0]
    mail = make_mail(_alert(), "a@example.com", ["b@example.com"])
    assert str(mail["Subject"]) == "[Dayfly] High: Many environments hit at once"


def test_mail_does_not_go_out_where_the_server_offers_no_encryption(
    mailbox: tuple[int, type[_Mailbox]],
) -> None:
    port, kind = mailbox
    with pytest.raises(ChannelError, match="cannot send email"):
        MailCarrier(_email(port, "starttls")).send([_alert()])
    assert kind.mails == []


def test_a_refused_recipient_is_a_refused_alert(mailbox: tuple[int, type[_Mailbox]]) -> None:
    port, kind = mailbox
    kind.refuses = True
    assert MailCarrier(_email(port)).send([_alert()]) == {detection().uid: "all recipients rejected"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    with mock_aws():
        yield


def test_eventbridge_takes_alerts_as_events(aws: None) -> None:
    region = "eu-central-1"
    events, queues = boto3.client("events", region), boto3.client("sqs", region)
    events.create_event_bus(Name="security")
    queue = queues.create_queue(QueueName="q")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="r", EventBusName="security", EventPattern='{"source":["dayfly"]}')
    events.put_targets(Rule="r", EventBusName="security", Targets=[{"Id": "1", "Arn": arn}])
    carrier = EventBridgeCarrier(EventBridge(name="e", region=region, bus="security"))
    assert carrier.send([_alert(), _alert(uid="2" * 32, facts=json.dumps({"x": "y" * 400_000}))]) == {}
    got = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    details = [json.loads(one["Body"]) for one in got]
    assert {one["detail-type"] for one in details} == {"Dayfly Detection"}
    assert {one["detail"]["class_uid"] for one in details} == {2004}


def test_security_hub_imports_alerts_and_updates_what_got_worse(aws: None) -> None:
    region = "eu-central-1"
    hub = boto3.client("securityhub", region)
    hub.enable_security_hub()
    carrier = SecurityHubCarrier(SecurityHub(name="s", region=region, account=ACCOUNT))
    assert carrier.send([_alert(), _alert(uid="2" * 32)]) == {}
    found = hub.get_findings()["Findings"]
    assert len(found) == 2
    assert {one["Severity"]["Label"] for one in found} == {"HIGH"}


class _Client:
    """Answers as AWS does when it takes only some."""

    def put_events(self, **asked: Any) -> dict[str, Any]:
        return {
            "FailedEntryCount": 1,
            "Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException", "ErrorMessage": "m"}],
        }

    def batch_import_findings(self, Findings: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "FailedCount": 1,
            "SuccessCount": 1,
            "FailedFindings": [{"Id": Findings[1]["Id"], "ErrorCode": "InvalidInput", "ErrorMessage": "m"}],
        }


def test_what_aws_takes_only_in_part_is_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda *args, **named: _Client())
    alerts = [_alert(), _alert(uid="2" * 32)]
    assert EventBridgeCarrier(EventBridge(name="e", region="x")).send(alerts) == {
        "2" * 32: "ThrottlingException"
    }
    assert SecurityHubCarrier(SecurityHub(name="s", region="eu-west-1", account=ACCOUNT)).send(alerts) == {
        "2" * 32: "InvalidInput"
    }


def test_aws_without_credentials_is_a_failure_of_the_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(ChannelError, match="cannot connect"):
        EventBridgeCarrier(EventBridge(name="e", region="eu-west-1")).send([_alert()])
