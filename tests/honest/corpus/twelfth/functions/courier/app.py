"""Courier: mails, chats, hooks and the lines that other services speak."""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import pathlib
import re
import smtplib
import socket
import time
import urllib.error
import urllib.request
from contextlib import closing
from email import message_from_bytes, message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, getaddresses
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

import httpx
import jwt
import redis
import requests
import urllib3

import lines

PARTNER, PARTNER_HOST = os.environ["PARTNER_URL"], os.environ["PARTNER_HOST"]
HERE = pathlib.Path(__file__).parent
STORE, MAILBOX, MAIL, METRICS = map(lines.start, (lines.Store, lines.Mailbox, lines.Mail, lines.Metrics))
cache = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=5)
pool = urllib3.PoolManager(retries=False, timeout=5)


def done(body, status=200, **headers):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": json.dumps(body, ensure_ascii=False),
    }


def fetched(url, **more):
    try:
        r = requests.get(url, timeout=5, **more)
    except (requests.RequestException, UnicodeError) as error:
        return {"error": type(error).__name__}
    return {"status": r.status_code, "text": r.text[:400]}


def contact(event, context):
    """A contact form as mail; the message is put together as text."""
    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    text = f"From: web@example.net\nTo: desk@example.net\nSubject: {form.get('subject', 'no subject')}\nReply-To: {form['email']}\n\n{form['message']}\n"
    with smtplib.SMTP(*MAIL, timeout=5) as smtp:
        smtp.sendmail("web@example.net", ["desk@example.net"], text.encode())
    sent = message_from_string(lines.Mail.last["data"])
    return done({"headers": sorted(k for k in sent), "start": sent.get_payload()[:40]})


def contact_message(event, context):
    """The same by the library's message."""
    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    m = EmailMessage()
    try:
        m["From"], m["To"] = "web@example.net", Address("Desk", "desk", "example.net")
        m["Subject"] = form.get("subject", "no subject")
        m["Reply-To"] = form["email"]
    except (ValueError, IndexError) as error:
        return done({"error": str(error)[:60]}, 400)
    m.set_content(form["message"])
    with smtplib.SMTP(*MAIL, timeout=5) as smtp:
        smtp.send_message(m)
    return done({"to": lines.Mail.last["to"], "lines": lines.Mail.last["data"].count("\n") > 3})


def invite(event, context):
    """Invitations to all that a list has; names in the header."""
    detail = event["detail"]
    m = MIMEMultipart()
    m["Subject"] = f"{detail['host']} invites you".replace("\n", " ").replace("\r", " ")
    m["To"] = ", ".join(formataddr((g["name"], g["email"])) for g in detail["guests"])
    m.attach(MIMEText(f"<p>{detail['text']}</p>", "html", "utf-8"))
    to = [address for _, address in getaddresses([m["To"]])]
    return {"to": to, "size": len(m.as_string()) > 100}


def inbound(event, context):
    """A mail that came in, by its notification."""
    content = json.loads(event["Records"][0]["Sns"]["Message"])["content"]
    m = message_from_bytes(base64.b64decode(content), policy=policy.default)
    body = m.get_body(preferencelist=("plain", "html"))
    return {
        "subject": m["subject"],
        "text": body.get_content()[:200] if body else "",
        "files": [a.get_filename() for a in m.iter_attachments()],
    }


def raw_mail(event, context):
    """A status mail over a socket, as an old script did."""
    to, name = event["to"], event["name"]
    with socket.create_connection(MAIL, timeout=5) as sock, sock.makefile("rw", newline="") as f:
        for line in (
            "EHLO web",
            "MAIL FROM:<web@example.net>",
            f"RCPT TO:<{to}>",
            "DATA",
            f"Subject: Status\r\n\r\nHello {name}\r\n.",
            "QUIT",
        ):
            f.readline()
            f.write(line + "\r\n")
            f.flush()
        f.readline()
    return {"to": lines.Mail.last["to"], "data": lines.Mail.last["data"]}


def remember(event, context):
    """Keeps a note in the store, a line a command."""
    body = json.loads(event["body"])
    with socket.create_connection(STORE, timeout=5) as sock:
        sock.sendall(f"SET note:{body['key']} {body['value']}\r\nQUIT\r\n".encode())
        said = b""
        while part := sock.recv(4096):
            said += part
    return done({"said": said.decode().splitlines()})


def recall(event, context):
    """Reads a note with lengths, so that any key is only a key."""
    words = [b"GET", ("note:" + event["queryStringParameters"]["key"]).encode()]
    data = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
    with socket.create_connection(STORE, timeout=5) as sock, sock.makefile("rb") as f:
        sock.sendall(data)
        return done({"value": f.readline().decode().strip()})


def search_mail(event, context):
    """Searches a mailbox by subject."""
    term = event["queryStringParameters"]["subject"]
    with socket.create_connection(MAILBOX, timeout=5) as sock:
        sock.sendall(f'a1 SEARCH SUBJECT "{term}"\r\na2 LOGOUT\r\n'.encode())
        said = b""
        while part := sock.recv(4096):
            said += part
    return done({"said": said.decode("utf-8", "replace").split("\r\n")})


def measure(event, context):
    """Readings of sensors as lines of metrics."""
    text = "".join(
        f"sensors.{r['site']}.{r['name']} {r['value']} {int(time.time())}\n" for r in event["readings"]
    )
    with socket.create_connection(METRICS, timeout=5) as sock:
        sock.sendall(text.encode() + b"\n")
        sock.shutdown(socket.SHUT_WR)
        names = base64.b64decode(sock.recv(65536)).decode()
    return {"taken": names.split("\n")}


def measure_clean(event, context):
    """The same, what is not a name's sign replaced."""
    clean = [
        (re.sub(r"[^\w.-]", "_", r["site"]), re.sub(r"[^\w.-]", "_", r["name"]), float(r["value"]))
        for r in event["readings"]
    ]
    with socket.create_connection(METRICS, timeout=5) as sock:
        sock.sendall("".join(f"sensors.{s}.{n} {v} 0\n" for s, n, v in clean).encode() + b"\n")
        sock.shutdown(socket.SHUT_WR)
        return {"taken": base64.b64decode(sock.recv(65536)).decode().split("\n")}


def wiki(event, context):
    """An article in the language of the caller."""
    q = event["queryStringParameters"]
    url = f"{PARTNER}/wiki/{q.get('lang', 'en')}/articles/{quote(q['title'], safe='')}"
    return done(fetched(url))


def wiki_quoted(event, context):
    """The same, the language from a list."""
    q = event["queryStringParameters"]
    lang = q.get("lang") if q.get("lang") in {"en", "de", "fr", "pt-BR"} else "en"
    path = "/".join(quote(part, safe="") for part in ("wiki", lang, q["title"]))
    return done(fetched(urlunsplit(("http", PARTNER_HOST, path, urlencode({"q": q.get("q", "")}), ""))))


def partner_link(event, context):
    """Only links of the partner: by its start."""
    url = event["link"]
    if not url.startswith(PARTNER):
        return {"error": "not a partner's link"}
    return fetched(url, allow_redirects=False)


def partner_host(event, context):
    """Only links of the partner: by the host's name, and no redirects."""
    parts = urlsplit(event["link"])
    if parts.scheme not in ("http", "https") or parts.netloc != PARTNER_HOST:
        return {"error": "not a partner's link"}
    return fetched(urlunsplit(parts), allow_redirects=False)


def not_private(event, context):
    """No private networks, as far as the address is written in the link."""
    host = urlsplit(event["link"]).hostname or ""
    try:
        if ipaddress.ip_address(host).is_private and host != PARTNER_HOST.split(":")[0]:
            return {"error": "private"}
    except ValueError:
        if host.lower() in ("localhost", "metadata.google.internal"):
            return {"error": "private"}
    return fetched(event["link"])


def slash_command(event, context):
    """A command of a chat; the answer goes where the form says."""
    form = {k: v[0] for k, v in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    text = f"<@{form['user_name']}> said: {form.get('text', '')}"
    if "response_url" in form:
        try:
            with urllib.request.urlopen(
                urllib.request.Request(form["response_url"], data=json.dumps({"text": text}).encode()),
                timeout=5,
            ) as r:
                return done({"later": r.read(500).decode("utf-8", "replace")})
        except (urllib.error.URLError, ValueError) as error:
            return done({"error": type(error).__name__})
    return done({"response_type": "ephemeral", "text": text[:300]})


def bot_file(event, context):
    """A file that a chat's user sent, by the path that the service gave."""
    document = json.loads(event["body"])["message"].get("document", {})
    path = document.get("file_path", "documents/none")
    r = pool.request("GET", f"{PARTNER}/file/bot123/{path}")
    return done({"status": r.status, "text": r.data.decode()[:300]})


def health(event, context):
    """Whether services of a list answer."""
    states = {}
    for target in event["targets"]:
        connection = http.client.HTTPConnection(target.get("host", PARTNER_HOST), timeout=3)
        try:
            connection.request("GET", quote(target.get("path", "/"), safe="/?=&"))
            answer = connection.getresponse()
            states[target["name"]] = [answer.status, answer.read(150).decode("utf-8", "replace")]
        except (OSError, http.client.HTTPException) as error:
            states[target["name"]] = type(error).__name__
        finally:
            connection.close()
    return states


def sso(event, context):
    """A sign-on: the issuer of the token is asked for its keys."""
    token = event["headers"]["authorization"].removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        return done({"error": type(error).__name__}, 401)
    found = fetched(claims.get("iss", PARTNER).rstrip("/") + "/.well-known/jwks.json")
    return done({"sub": claims.get("sub"), "keys": found})


def signed(event, context):
    """A token of ours: the key's name is in its head."""
    try:
        head, body, mac = event["headers"]["authorization"].removeprefix("Bearer ").split(".")
        kid = json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]
        key = (HERE / "keys" / kid).read_bytes()
    except (ValueError, KeyError, OSError) as error:
        return done({"error": type(error).__name__}, 401)
    expected = (
        base64.urlsafe_b64encode(hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest())
        .decode()
        .rstrip("=")
    )
    if not hmac.compare_digest(expected, mac):
        return done({"error": "bad signature"}, 401)
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    return done({"hello": claims["sub"], "secret": lines.SECRET if claims.get("admin") else None})


def next_page(event, context):
    """The next page of a list; the cursor has where it is."""
    cursor = event["queryStringParameters"]["cursor"]
    where = json.loads(cursor)
    with httpx.Client(base_url=PARTNER, timeout=5) as client:
        return done({"page": client.get(where["next"], params=where.get("params")).text[:400]})


def asset(event, context):
    """An asset of the shop's own host, joined to its address."""
    url = urljoin(PARTNER + "/assets/", event["rawPath"].removeprefix("/assets/"))
    return done(fetched(url))


def custom_resource(event, context):
    """A stack's request: the answer is put where it says."""
    properties = {k: v for k, v in event["ResourceProperties"].items() if k != "ServiceToken"}
    body = json.dumps(
        {
            "Status": "SUCCESS",
            "PhysicalResourceId": event["LogicalResourceId"],
            "RequestId": event["RequestId"],
            "StackId": event["StackId"],
            "Data": properties,
        }
    )
    r = pool.request("PUT", event["ResponseURL"], body=body.encode(), headers={"content-type": ""})
    return {"status": r.status}


def hook(event, context):
    """A code host's hook, its signature checked."""
    mac = "sha256=" + hmac.new(b"hook", event["body"].encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mac, event["headers"].get("x-hub-signature-256", "")):
        return done({"error": "signature"}, 401)
    payload = json.loads(event["body"])
    text = "; ".join(f"{c['id'][:7]}: {c['message'].splitlines()[0]}" for c in payload["commits"])
    r = requests.post(
        PARTNER + "/chat", json={"text": text, "channel": payload["ref"].rsplit("/", 1)[-1]}, timeout=5
    )
    return done({"sent": json.loads(r.json()["body"])})


def calendar_file(event, context):
    """An appointment as a calendar's text, its values escaped."""
    escape = lambda s: re.sub(r"([\\,;])", r"\\\1", s).replace("\r\n", "\\n").replace("\n", "\\n")  # noqa: E731
    body = json.loads(event["body"])
    rows = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        f"SUMMARY:{escape(body['title'])}",
        f"LOCATION:{escape(body.get('place', ''))}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return {"statusCode": 200, "headers": {"content-type": "text/calendar"}, "body": "\r\n".join(rows)}


def preferences(event, context):
    """What the cookies have, and new ones."""
    jar = SimpleCookie()
    try:
        jar.load("; ".join(event.get("cookies", [])))
        for name, value in (event.get("queryStringParameters") or {}).items():
            jar[name] = value
    except CookieError as error:
        return done({"error": str(error)[:60]}, 400)
    return done({k: m.value for k, m in jar.items()}) | {"cookies": [m.OutputString() for m in jar.values()]}


def device_poll(event, context):
    """A device's page by a request written by hand."""
    name, token = event["device"], event.get("token", "none")
    with closing(socket.create_connection(tuple(PARTNER_HOST.split(":")), timeout=5)) as sock:
        sock.sendall(
            f"GET /devices/{name}/state HTTP/1.1\r\nHost: {PARTNER_HOST}\r\nX-Token: {token}\r\nConnection: close\r\n\r\n".encode()
        )
        said = b""
        while part := sock.recv(8192):
            said += part
    return {"said": said.decode("utf-8", "replace").split("\r\n\r\n", 1)[-1][:600]}


def warm():
    """What the cache has of the night's job."""
    cache.mset({"courier:acme:1": "tea", "courier:acme:2": "it's a mug", "courier:root:token": lines.SECRET})
    cache.hset(
        "courier:user:1", mapping={"name": "Zo\u00eb", "mail": "zoe@example.net", "secret": lines.SECRET}
    )
    return cache


def cached_user(event, context):
    """A user's fields by one command's line."""
    name, mail = warm().execute_command(f"HMGET courier:user:{event['pathParameters']['id']} name mail")[:2]
    return done({"name": name, "mail": mail})


def cached_script(event, context):
    """An item by a script, so that it is counted as well."""
    tenant, item = event["headers"].get("x-tenant", "acme"), event["pathParameters"]["id"]
    script = f"redis.call('INCR', KEYS[1]) return redis.call('GET', 'courier:{tenant}:{item}')"
    try:
        return done({"item": warm().eval(script, 1, "courier:hits")})
    except redis.ResponseError as error:
        return done({"error": str(error)[:40]}, 400)


def cached_script_arguments(event, context):
    """The same with arguments."""
    script = "redis.call('INCR', KEYS[1]) return redis.call('GET', 'courier:acme:' .. ARGV[1])"
    return done({"item": warm().eval(script, 1, "courier:hits", event["pathParameters"]["id"])})


def cached_list(event, context):
    """All of a tenant, or those whose name starts as asked."""
    start = (event.get("queryStringParameters") or {}).get("start", "")
    tenant = event["headers"].get("x-tenant", "acme")
    keys = sorted(warm().scan_iter(match=f"courier:{tenant}:{start}*"))
    return done([cache.get(k) for k in keys])


def cached_set(event, context):
    """Keeps values of a queue in one go; keys and values are whatever they are."""
    with warm().pipeline() as many:
        for r in event["Records"]:
            body = json.loads(r["body"])
            many.set("courier:kept:" + body["key"], json.dumps(body["value"]), ex=60)
            many.get("courier:kept:" + body["key"])
        return {"kept": [json.loads(v) for v in many.execute()[1::2]]}


def rate_limit(event, context):
    """How often a client came."""
    key = (
        "courier:rate:"
        + event["requestContext"]["http"]["sourceIp"]
        + ":"
        + event["headers"].get("user-agent", "")
    )
    with warm().pipeline() as many:
        many.delete(key).incr(key).expire(key, 60)
        return done({"n": many.execute()[1]})


def vcards(event, context):
    """Contacts as cards, escaped, and read again line by line."""
    cards = []
    for person in json.loads(event["body"]):
        name = re.sub(r"([\\,;])", r"\\\1", person["name"]).replace("\n", "\\n").replace("\r", "")
        cards.append(f"BEGIN:VCARD\r\nFN:{name}\r\nEND:VCARD")
    return {"statusCode": 200, "body": "\r\n".join(cards)}


def unsubscribe(event, context):
    """A link with a mac of the address."""
    q = event["queryStringParameters"]
    mac = hmac.new(b"unsubscribe", q["mail"].strip().lower().encode(), hashlib.sha256).hexdigest()[:16]
    link = f"https://app.example.net/u?{urlencode({'mail': q['mail'], 'mac': mac})}"
    return done({"link": link, "back": parse_qs(urlsplit(link).query)["mail"][0]})
