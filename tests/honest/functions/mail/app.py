"""Mail that was received is taken apart and answered: headers, attachments, addresses, a letter in HTML and text."""

import email
import email.policy
import email.utils
import html
import html.parser
import mimetypes
import textwrap
from email.message import EmailMessage


class Words(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.words = []

    def handle_data(self, data):
        self.words += data.split()


def handler(event, context):
    received = email.message_from_string(event["raw"], policy=email.policy.default)
    body = received.get_body(preferencelist=("plain", "html")).get_content()
    name, address = email.utils.parseaddr(event["from"])
    parser = Words()
    parser.feed(event["html"])
    letter = EmailMessage()
    letter["To"] = address
    letter["Subject"] = " ".join(f"Re: {event['subject']}".split())[:60]
    letter.set_content(textwrap.fill(event["text"], 60) + "\n")
    letter.add_alternative(f"<p>{html.escape(event['text'])}</p>", subtype="html")
    kind = mimetypes.guess_type(event["file"])[0] or "application/octet-stream"
    letter.add_attachment(event["text"].encode(), *kind.split("/"), filename=event["file"])
    letter.set_boundary("b")
    return {
        "body": body,
        "name": name,
        "address": address,
        "words": parser.words[:30],
        "subject": letter["Subject"],
        "parts": [part.get_content_type() for part in letter.walk()],
        "kind": kind,
    }
