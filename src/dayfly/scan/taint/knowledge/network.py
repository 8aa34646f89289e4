"""What goes out: requests (`event.request`), mail and raw headers (`event.header`); answers are the other side's words."""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    CLEAN,
    FIRST,
    Argument,
    Attribute,
    Call,
    Kind,
    Part,
    Result,
    Sink,
    Tables,
)

_URL = Argument(0, "url")
_SECOND_URL = Argument(1, "url")
_VERBS = ("get", "post", "put", "delete", "patch", "head", "options")
_CLIENTS = ("requests.Session", "httpx.Client", "aiohttp.ClientSession")

_SINKS = (
    Sink(
        "event.request",
        tuple(
            f"{library}.{verb}"
            for library in ("requests", "requests.api", "httpx", *_CLIENTS)
            for verb in _VERBS
        ),
        (_URL,),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        tuple(
            f"{library}.request"
            for library in ("requests", "requests.api", "httpx", "aiohttp", "urllib3", *_CLIENTS)
        ),
        (_SECOND_URL,),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        ("httpx.stream", "httpx.Client.stream", "requests.Request", "httpx.Request"),
        (_SECOND_URL,),
        part=Part.HOST,
    ),
    Sink("event.request", ("aiohttp.ClientSession.ws_connect",), (_URL,), part=Part.HOST),
    Sink(
        "event.request",
        ("aiohttp.ClientSession", "httpx.Client"),
        (Argument(None, "base_url"),),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        (
            "urllib.request.urlopen",
            "urllib.request.urlretrieve",
            "urllib.request.URLopener.open",
            "urllib.request.OpenerDirector.open",
        ),
        (_URL,),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        ("urllib2.urlopen", "urllib.urlopen", "urllib3.connection_from_url", "urllib3.proxy_from_url"),
        (_URL,),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        (
            "urllib3.PoolManager.request",
            "urllib3.PoolManager.urlopen",
            "urllib3.PoolManager.request_encode_url",
        ),
        (_SECOND_URL,),
        part=Part.HOST,
    ),
    # A host alone.
    Sink(
        "event.request",
        (
            "http.client.HTTPConnection",
            "http.client.HTTPSConnection",
            "urllib3.HTTPConnectionPool",
            "urllib3.HTTPSConnectionPool",
            "ftplib.FTP",
            "ftplib.FTP_TLS",
            "ftplib.FTP.connect",
            "smtplib.SMTP",
            "smtplib.SMTP_SSL",
            "smtplib.SMTP.connect",
            "telnetlib.Telnet",
            "poplib.POP3",
            "imaplib.IMAP4",
            "imaplib.IMAP4_SSL",
            "asyncio.open_connection",
        ),
        (Argument(0, "host"),),
    ),
    Sink("event.request", ("socket.create_connection",), (Argument(0, "address", element=0),)),
    Sink("event.request", ("socket.socket.connect", "socket.socket.connect_ex"), (Argument(0, element=0),)),
    Sink("event.request", ("socket.socket.sendto",), (Argument(1, element=0),)),
    Sink("event.request", ("paramiko.SSHClient.connect",), (Argument(0, "hostname"),)),
    Sink("event.request", ("paramiko.Transport",), (FIRST,)),
    Sink(
        "event.request",
        (
            "websocket.create_connection",
            "websockets.connect",
            "websockets.sync.client.connect",
            "xmlrpc.client.ServerProxy",
            "zeep.Client",
            "suds.client.Client",
        ),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        ("boto3.client", "boto3.resource", "boto3.Session.client", "boto3.Session.resource"),
        (Argument(None, "endpoint_url"),),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        (
            "feedparser.parse",
            "wget.download",
            "tldextract.extract.fetch",
            "newspaper.Article",
            "trafilatura.fetch_url",
        ),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        ("imageio.imread", "imageio.v3.imread", "skimage.io.imread", "lxml.html.parse"),
        part=Part.HOST,
    ),
    Sink(
        "event.request",
        ("selenium.webdriver.Chrome.get", "selenium.webdriver.Remote.get", "playwright.Page.goto"),
        part=Part.HOST,
    ),
    Sink("event.request", ("pycurl.Curl.setopt",), (Argument(1),), part=Part.HOST),
    # Neither checks what it writes; http.client, Werkzeug, Bottle, Chalice and email's default policy refuse line breaks.
    Sink("event.header", ("http.server.BaseHTTPRequestHandler.send_header",), (FIRST, Argument(1))),
    Sink("event.header", ("http.server.BaseHTTPRequestHandler.send_response",), (Argument(1, "message"),)),
    # A mail put together by hand; one that the email package made checks its headers.
    Sink(
        "event.header",
        ("smtplib.SMTP.sendmail",),
        (Argument(2, "msg"), Argument(1, "to_addrs")),
        part=Part.TEXT,
    ),
)

_RESPONSE = Result(type="requests.Response", taint_from=())

_CALLS = (
    Call(
        tuple(
            f"{library}.{verb}"
            for library in ("requests", "requests.api", "httpx", *_CLIENTS)
            for verb in (*_VERBS, "request", "stream")
        ),
        _RESPONSE,
    ),
    Call(("requests.Session", "requests.session"), Result(type="requests.Session", taint_from=())),
    Call(("httpx.Client", "httpx.AsyncClient"), Result(type="httpx.Client", taint_from=())),
    Call(("aiohttp.ClientSession",), Result(type="aiohttp.ClientSession", taint_from=())),
    # The request is where it goes.
    Call(("urllib.request.Request", "urllib2.Request"), Result(alias=_URL)),
    Call(
        ("urllib.request.urlopen", "urllib2.urlopen"), Result(type="http.client.HTTPResponse", taint_from=())
    ),
    Call(("urllib.request.build_opener",), Result(type="urllib.request.OpenerDirector", taint_from=())),
    Call(("urllib.request.OpenerDirector.open",), Result(type="http.client.HTTPResponse", taint_from=())),
    Call(("urllib.request.urlretrieve",), CLEAN),
    Call(("urllib3.PoolManager", "urllib3.ProxyManager"), Result(type="urllib3.PoolManager", taint_from=())),
    Call(("urllib3.PoolManager.request", "urllib3.PoolManager.urlopen", "urllib3.request"), _RESPONSE),
    Call(
        ("http.client.HTTPConnection", "http.client.HTTPSConnection"),
        Result(type="http.client.HTTPConnection", taint_from=()),
    ),
    Call(("http.client.HTTPConnection.request", "http.client.HTTPConnection.getresponse"), CLEAN),
    Call(("socket.socket", "socket.create_connection"), Result(type="socket.socket", taint_from=())),
    Call(("socket.socket.recv",), Result(type="bytes", taint_from=())),
    Call(("ftplib.FTP", "ftplib.FTP_TLS"), Result(type="ftplib.FTP", taint_from=())),
    Call(
        (
            "email.message.EmailMessage",
            "email.message.Message",
            "email.mime.text.MIMEText",
            "email.mime.multipart.MIMEMultipart",
            "email.mime.base.MIMEBase",
            "email.mime.application.MIMEApplication",
        ),
        Result(type="email.Message", taint_from=()),
    ),
    Call(("email.Message.as_string", "email.Message.as_bytes"), CLEAN),
    Call(("smtplib.SMTP", "smtplib.SMTP_SSL"), Result(type="smtplib.SMTP", taint_from=())),
    Call(
        ("selenium.webdriver.Chrome", "selenium.webdriver.Firefox", "selenium.webdriver.Remote"),
        Result(type="selenium.webdriver.Remote", taint_from=()),
    ),
    Call(("pycurl.Curl",), Result(type="pycurl.Curl", taint_from=())),
    Call(
        ("requests.Response.json", "requests.Response.iter_content", "requests.Response.read"),
        Result(taint_from=()),
    ),
)

TABLES = Tables(
    sinks=_SINKS,
    calls=_CALLS,
    attributes=(
        Attribute(
            (
                "requests.Response.text",
                "requests.Response.content",
                "requests.Response.status_code",
                "requests.Response.headers",
            ),
            CLEAN,
        ),
    ),
    kinds=(
        Kind("httpx.AsyncClient", ("httpx.Client",)),
        Kind("selenium.webdriver.Chrome", ("selenium.webdriver.Remote",)),
        Kind("http.server.SimpleHTTPRequestHandler", ("http.server.BaseHTTPRequestHandler",)),
    ),
    aliases=(
        ("requests.sessions.Session", "requests.Session"),
        ("boto3.session.Session", "boto3.Session"),
        ("urllib3.poolmanager.PoolManager", "urllib3.PoolManager"),
        ("botocore.vendored.requests.get", "requests.get"),
        ("botocore.vendored.requests.post", "requests.post"),
    ),
)
