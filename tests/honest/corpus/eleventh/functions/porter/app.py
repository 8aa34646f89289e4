"""The front door: sign-up, tokens, mails and a stack's set-up."""

import base64
import json
import os
import pickle
from email import message_from_string

import boto3
import jinja2
import jwt
import ldap3
import mako.template
import requests
from botocore.exceptions import ClientError
from flask import Flask, render_template_string, request

HERE = os.path.dirname(os.path.abspath(__file__))
SMTP_PASSWORD = "porter-smtp-3307"
os.environ["SMTP_PASSWORD"] = SMTP_PASSWORD
env = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(HERE, "templates")), autoescape=True)
dynamodb = boto3.resource("dynamodb")
s3 = boto3.client("s3")


class Brand:
    """How a tenant's mails look."""

    def __init__(self, name="Acme", color="#123456"):
        self.name, self.color = name, color

    def __str__(self):
        return self.name


class User:
    """Somebody's profile."""

    role = "member"

    def __init__(self):
        self.name, self.email, self.settings = "Ana", "ana@example.org", {"lang": "en"}


def out(status, body, **headers):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": json.dumps(body, ensure_ascii=False),
    }


def policy(principal, effect, arn):
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}],
        },
    }


def authorizer(event, context):
    """A token authorizer; the key is found by its id."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    try:
        kid = jwt.get_unverified_header(token).get("kid", "main")
        with open(os.path.join(HERE, "keys", kid), "rb") as file:
            claims = jwt.decode(token, file.read(), algorithms=["HS256"])
        return policy(claims["sub"], "Allow", event["methodArn"])
    except (jwt.InvalidTokenError, OSError):
        return policy("anonymous", "Deny", event["methodArn"])


def pre_signup(event, context):
    """Confirms colleagues at once."""
    address = event["request"]["userAttributes"].get("email", "")
    event["response"]["autoConfirmUser"] = address.lower().endswith("@example.org")
    event["response"]["autoVerifyEmail"] = event["response"]["autoConfirmUser"]
    return event


def custom_message(event, context):
    """The code's mail: first the name, then code and brand."""
    name = event["request"]["userAttributes"].get("name", "there")
    text = "<h1>{brand}</h1><p>Hello %s,</p><p>your code is {code}.</p>" % name
    event["response"]["emailSubject"] = f"Welcome to {Brand()}, {name}"
    event["response"]["emailMessage"] = text.format(
        brand=Brand(), code=event["request"].get("codeParameter", "{####}")
    )
    return event


def contact(event, context):
    """A site's contact form to SES."""
    body = json.loads(event["body"])
    ses = boto3.client("ses")
    ses.verify_email_identity(EmailAddress="site@example.org")
    html = "<html><body><h1>%s has sent you a message</h1><p>Message: %s</p><p>From: %s</p></body></html>" % (
        body["name"],
        body["message"],
        body["email"],
    )
    sent = ses.send_email(
        Source="site@example.org",
        Destination={"ToAddresses": ["office@example.org"]},
        ReplyToAddresses=[body["email"]],
        Message={
            "Subject": {"Data": "Website: " + body["name"]},
            "Body": {"Html": {"Data": html}, "Text": {"Data": body["message"]}},
        },
    )
    return out(
        200, {"sent": bool(sent["MessageId"]), "length": len(html)}, **{"Access-Control-Allow-Origin": "*"}
    )


def forward_mail(event, context):
    """The same as a raw message."""
    body = json.loads(event["body"])
    ses = boto3.client("ses")
    ses.verify_email_identity(EmailAddress="site@example.org")
    raw = "\n".join(
        [
            "From: site@example.org",
            "To: office@example.org",
            f"Reply-To: {body['email']}",
            f"Subject: [{body.get('topic', 'site')}] {body['name']}",
            "MIME-Version: 1.0",
            'Content-Type: text/plain; charset="utf-8"',
            "",
            body["message"],
        ]
    )
    ses.send_raw_email(
        Source="site@example.org", Destinations=["office@example.org"], RawMessage={"Data": raw.encode()}
    )
    seen = message_from_string(raw)
    return out(
        200, {"headers": [f"{k}={v}" for k, v in seen.items()], "lines": len(seen.get_payload().splitlines())}
    )


def invoice(event, context):
    """A page from a file."""
    body = json.loads(event["body"])
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/html"},
        "body": env.get_template("invoice.html").render(**body),
    }


def newsletter(event, context):
    """The subject and the greeting are part of the template's text, the rest is rendered."""
    detail = event["detail"]
    source = (
        f"<h1>{detail['subject']}</h1>"
        "{% for item in items %}<p>{{ item }}</p>{% endfor %}<small>{{ brand.name }}</small>"
    )
    return {"html": jinja2.Template(source).render(items=detail.get("items", []), brand=Brand())}


def not_found(event, context):
    """Flask's page for what is not there."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SMTP_PASSWORD

    @app.errorhandler(404)
    def missing(error):
        page = "<h1>Not here</h1><p>%s was not found.</p>" % request.args.get("page", request.path)
        return render_template_string(page), 404

    answer = app.test_client().get(event["rawPath"], query_string=event.get("queryStringParameters"))
    return {"statusCode": answer.status_code, "body": answer.get_data(as_text=True)}


def card(event, context):
    """A greeting card by Mako; the text is a line of the template."""
    args = event["arguments"]
    source = "To: ${to | h}\n" + args["text"].replace("\r\n", "\n") + "\nYours, ${sender | h}\n"
    return mako.template.Template(source).render(to=args["to"], sender=args.get("sender", "us"))


def table(name):
    try:
        boto3.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    except ClientError:
        pass
    return dynamodb.Table(name)


def save_signature(event, context):
    """An agent's signature."""
    body = json.loads(event["body"])
    table("eleventh-signatures").put_item(Item={"id": body["agent"], "text": body["text"]})
    return out(201, {"agent": body["agent"]})


def reply_mail(event, context):
    """An answer to a ticket, signed."""
    message = json.loads(event["Records"][0]["body"])
    signature = (
        table("eleventh-signatures")
        .get_item(Key={"id": message["agent"]})
        .get("Item", {})
        .get("text", "The team")
    )
    text = jinja2.Template("Hi {{ name }},\n\n{{ text }}\n\n-- \n" + signature).render(
        name=message["name"], text=message["text"]
    )
    return {"mail": text}


def stack(event, context):
    """A custom resource: a bucket that a partner may read."""
    props = event["ResourceProperties"]
    data = {}
    if event["RequestType"] != "Delete":
        name = props["Bucket"]
        try:
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        except ClientError:
            pass
        s3.put_bucket_policy(
            Bucket=name,
            Policy=f'{{"Version": "2012-10-17", "Statement": [{{"Sid": "{props.get("Sid", "read")}", "Effect": "Allow", "Principal": {{"AWS": "{props["Partner"]}"}}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{name}/*"}}]}}',
        )
        data["Policy"] = s3.get_bucket_policy(Bucket=name)["Policy"]
    body = {
        "Status": "SUCCESS",
        "Reason": "See the log",
        "PhysicalResourceId": event["LogicalResourceId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    answer = requests.put(
        event["ResponseURL"], data=json.dumps(body), headers={"content-type": ""}, timeout=5
    )
    return {"status": answer.status_code, "data": data}


def directory(event, context):
    """Migrates a user from the old directory."""
    server = ldap3.Server("old-directory")
    connection = ldap3.Connection(server, "cn=reader,o=acme", "x", client_strategy=ldap3.MOCK_SYNC)
    connection.strategy.add_entry("cn=reader,o=acme", {"userPassword": "x", "objectClass": "person"})
    for uid, mail in (("ana", "ana@example.org"), ("root", "root-porter-ldap@example.org")):
        connection.strategy.add_entry(
            f"uid={uid},o=acme",
            {
                "uid": uid,
                "mail": mail,
                "objectClass": "inetOrgPerson",
                "ou": "staff" if uid == "ana" else "admin",
            },
        )
    connection.bind()
    connection.search("o=acme", f"(&(uid={event['userName']})(ou=staff))", attributes=["mail"])
    found = [str(entry.mail) for entry in connection.entries]
    if len(found) >= 1:
        event["response"]["userAttributes"] = {"email": found[0], "email_verified": "true"}
        event["response"]["found"] = found
    return event


def basket(event, context):
    """A shop's session in a cookie, as it was kept since 2016."""
    cookies = dict(c.split("=", 1) for c in event.get("cookies", []))
    session = (
        pickle.loads(base64.urlsafe_b64decode(cookies["session"])) if "session" in cookies else {"items": []}
    )
    return out(200, {"items": [str(item) for item in session.get("items", [])]})


def download(event, context):
    """A file's download with the name it was uploaded with."""
    p = event["queryStringParameters"]
    headers = {"Content-Disposition": f'attachment; filename="{p["name"]}"', "Cache-Control": "no-store"}
    if p.get("lang"):
        headers["Set-Cookie"] = "lang=" + p["lang"] + "; Path=/; HttpOnly"
    return out(200, {"ok": True}, **headers)


def merge(source, target):
    for key, value in source.items():
        if hasattr(target, "__getitem__"):
            if target.get(key) and isinstance(value, dict):
                merge(value, target.get(key))
            else:
                target[key] = value
        elif hasattr(target, key) and isinstance(value, dict):
            merge(value, getattr(target, key))
        else:
            setattr(target, key, value)


def profile(event, context):
    """PATCH /profile merges what was sent."""
    user = User()
    merge(json.loads(event["body"]), user)
    other = User()
    return out(
        200,
        {
            "name": user.name,
            "settings": user.settings,
            "others_role": other.role,
            "brand": str(Brand()),
            "smtp": SMTP_PASSWORD[:6],
        },
    )


def invite_sms(event, context):
    """Texts to a list of numbers."""
    sns = boto3.client("sns")
    body = json.loads(event["body"])
    sent = [
        bool(
            sns.publish(PhoneNumber=number, Message=f"{body['from']} invites you: {body['text']}"[:1600])[
                "MessageId"
            ]
        )
        for number in body["numbers"]
    ]
    return out(202, {"sent": sent})


def stripe_hook(event, context):
    """A payment's webhook, its signature checked by the library."""
    import stripe

    try:
        hook = stripe.Webhook.construct_event(
            event["body"], event["headers"].get("Stripe-Signature", ""), "whsec_porter", tolerance=None
        )
    except (ValueError, stripe.SignatureVerificationError):
        return out(400, {"error": "signature"})
    if hook["type"] == "checkout.session.completed":
        session = hook["data"]["object"]
        table("eleventh-payments").put_item(
            Item={
                "id": session["id"],
                "email": session["customer_details"]["email"],
                "amount": session["amount_total"],
            }
        )
    return out(200, {"received": hook["type"]})


def hook_schema(event, context):
    """Checks a partner's message by a schema."""
    import jsonschema

    schema = {
        "type": "object",
        "required": ["id", "email"],
        "additionalProperties": True,
        "properties": {
            "id": {"type": "integer"},
            "email": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    errors = sorted(
        e.message[:80] for e in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(event["body"]))
    )
    return out(422 if errors else 200, {"errors": errors})


def sign_in(event, context):
    """Name and password against the stored hash."""
    import hashlib
    import hmac

    users = table("eleventh-users")
    salt = bytes(16)
    users.put_item(
        Item={
            "id": "o'hara@example.org",
            "hash": hashlib.pbkdf2_hmac("sha256", b"correct 'horse' -- battery", salt, 1000).hex(),
        }
    )
    body = json.loads(event["body"])
    user = users.get_item(Key={"id": body["email"].strip().lower()}).get("Item", {})
    given = hashlib.pbkdf2_hmac("sha256", body["password"].encode(), salt, 1000).hex()
    good = hmac.compare_digest(given, user.get("hash", ""))
    return out(200 if good else 401, {"signed_in": good})


def settings_yaml(event, context):
    """A tenant's settings, pasted as YAML."""
    import yaml

    try:
        settings = yaml.safe_load(event["body"])
    except yaml.YAMLError as error:
        return out(400, {"error": type(error).__name__})
    return out(
        200,
        {
            "keys": sorted(map(str, settings)) if isinstance(settings, dict) else [],
            "kind": type(settings).__name__,
        },
    )


def welcome_mail(event, context):
    """SES's own template, its data as JSON."""
    ses = boto3.client("ses")
    ses.verify_email_identity(EmailAddress="site@example.org")
    try:
        ses.create_template(
            Template={
                "TemplateName": "eleventh-welcome",
                "SubjectPart": "Welcome {{name}}",
                "HtmlPart": "<p>Hi {{name}}</p>",
                "TextPart": "Hi {{name}}",
            }
        )
    except ClientError:
        pass
    sent = []
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        if record["eventName"] == "INSERT":
            answer = ses.send_templated_email(
                Source="site@example.org",
                Destination={"ToAddresses": [image["email"]["S"]]},
                Template="eleventh-welcome",
                TemplateData=json.dumps(
                    {"name": image["name"]["S"], "link": "https://example.org/?u=" + image["id"]["S"]}
                ),
            )
            sent.append(bool(answer["MessageId"]))
    return {"sent": sent}


def token_claims(event, context):
    """What goes into a token before Cognito makes it."""
    groups = event["request"].get("groupConfiguration", {}).get("groupsToOverride", [])
    name = event["request"]["userAttributes"].get("name", "")
    event["response"]["claimsOverrideDetails"] = {
        "claimsToAddOrOverride": {
            "display": name[:40],
            "initials": "".join(w[0] for w in name.split()[:2]),
            "admin": str("admins" in groups).lower(),
        },
        "claimsToSuppress": ["email"],
    }
    return event


def calendar(event, context):
    """A booking as a calendar's file, escaped by the book."""
    b = json.loads(event["body"])

    def escaped(text):
        return (
            text.replace("\\", "\\\\")
            .replace(";", "\\;")
            .replace(",", "\\,")
            .replace("\r", "")
            .replace("\n", "\\n")
        )

    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        f"SUMMARY:{escaped(b['title'])}",
        f"DESCRIPTION:{escaped(b.get('text', ''))}",
        f"DTSTART:{b['start'].replace('-', '').replace(':', '')}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/calendar; charset=utf-8"},
        "body": "\r\n".join(lines),
    }
