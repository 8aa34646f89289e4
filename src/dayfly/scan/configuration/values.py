"""Judges whether a text under a telling name is a secret, by both and by how random it is. No I/O."""

from __future__ import annotations

import re
from functools import lru_cache

from dayfly.scan.configuration.formats import entropy
from dayfly.scan.model import Confidence

# The last word or two of a name: db_password, ApiKey, CLIENT-SECRET.
_PASSWORD = re.compile(r"(?:password|passwd|passphrase|passcode|pwd|pass)$")
_SECRET = re.compile(
    r"(?:secret|secretkey|secretaccesskey|apikey|appkey|authkey|privatekey|signingkey|encryptionkey|masterkey|"
    r"clientsecret|appsecret|sharedsecret|hmackey|jwtkey|cryptkey|licensekey|accountkey|storagekey|webhooksecret|"
    r"sharedkey|sessionkey|cookiesecret|jwtsecret|secretvalue)$"
)
_TOKEN = re.compile(r"(?:token|credential|credentials|bearer|authorization|accesskey)$")
TELLING = re.compile(r"pass|pwd|secret|key|token|credential|bearer|authorization", re.IGNORECASE)
# They end like a secret and are none: paging, parsing, and what a field or header is called.
_HARMLESS = re.compile(
    r"(?:^|_)(?:next|page|paging|pagination|continuation|continue|start|starting|sync|cancel|lexer|separator|pad|eos|bos|unk|cls|"
    r"mask|end|stop|special|max|min|num|idempotency|client_?request|request|csrf_?cookie|name_?of|forgot|reset|change|"
    r"confirm|show|hide|invalid|wrong|bad|missing|no|is|has|old|by)_?"
    r"(?:token|tokens|password|pass|secret|credentials?|apikey)$"
)
_PLACEHOLDER = re.compile(
    r"example|change.?(?:me|it|this)|placeholder|dummy|your[-_ ]?|<.*>|\.\.\.|x{4,}|\*{3,}|todo|fixme|redact|replace|insert|"
    r"fake|sample|not.?(?:a.?)?(?:real|secret|set|used)|undefined|lorem|foobar|mock|stub|\bnone\b|\bnull\b|\btesting\b|"
    r"^test(?:ing)?[-_]?|[-_]test$|testpass|testkey|test[-_]?(?:secret|token|password|key|value)|unused|ignored|"
    r"none|default|^(?:enter|put)[-_ ]|^my[-_]?(?:api[-_]?)?(?:secret|password|token|key|pass)(?:[-_]?(?:key|password|token|here|value))?\d{0,2}$|abc123|^secret$|^password$|hidden|"
    r"masked|super[-_ ]?secret(?:[-_ ]?(?:key|password|token))?$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"^[$%]|\$\{|\{\{|%\(|\{[A-Za-z_][\w.]*\}|^(?:arn|ssm|https?|s3|file|vault|aws|secretsmanager|ref|env|op|gcp|azure):|"
    r"^(?:os\.|process\.|self\.|config\.|settings\.|var\.|local\.|data\.|module\.|!|ENC\[|AQICAH|projects/|env\()|^[./~\\]|"
    r"^(?:true|false|yes|no|on|off)$|"
    # A key by its name in KMS, a file on a drive, a file that holds one.
    r"^alias/|^[a-z]:[/\\]|[/\\][^/\\]+\.(?:json|pem|p12|pfx|jks|crt|ya?ml)$",
    re.IGNORECASE,
)
# A pattern that a secret must match, or a type that it has, is none.
_PATTERN = re.compile(r"[a-zA-Z]-[a-zA-Z]|0-9\]|\\[dwsS]|\(\?|^\w+\?$|^\[.*\]$")
_SCHEME = re.compile(r"^(?:Bearer|Basic|Token|token|ApiKey|Key)\s+")
# Words with separators: what something is called, where it lies.
_WORDS = re.compile(r"[A-Za-z]{1,16}(?:[-_./:@ ]+(?:[A-Za-z]{1,16}|v?\d{1,2}))*$")
_CAMEL = re.compile(r"(?:[a-z]{2,70}|[a-z]{0,14}(?:[A-Z][a-z]{1,14}){1,5})$")
_HEX = re.compile(r"[0-9a-fA-F]+$")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_MIN_PASSWORD, _MIN_SECRET, _MIN_TOKEN, _MAX = 6, 8, 16, 512
LOCAL_HOSTS = re.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|::1|host\.docker\.internal|(?:.*\.)?example\.(?:com|org|net)|.*\.(?:local|test|invalid|example)$|"
    r"(?:db|database|postgres|postgresql|mysql|mariadb|redis|mongo|mongodb|rabbitmq|rabbit|broker|cache|host|hostname|server)$)",
    re.IGNORECASE,
)
_URL_PASSWORDS = frozenset(
    {"password", "pass", "passwd", "pwd", "secret", "user", "username", "postgres", "root", "admin", "guest", "mysql",
     "redis", "mongo", "pw", "token", "credentials", "test", "dev", "123456", "x-oauth-basic"}
)  # fmt: skip


@lru_cache(maxsize=20_000)
def name_kind(name: str) -> str:
    """`password`, `secret` or `token` where a name tells of one, else ""."""
    if not TELLING.search(name):
        return ""
    # Only the last part of a dotted or spaced name counts: `app.secret`.
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip().strip("\"'")).lower()
    flat = re.sub(r"[^a-z0-9]+", "", snake)
    if len(name) > 80 or _HARMLESS.search(re.sub(r"[^a-z0-9]+", "_", snake)):
        return ""
    if _PASSWORD.search(flat):
        # compass, bypass, and a pass that is a step: only a whole word counts
        words = re.split(r"[^a-z0-9]+", snake)
        is_word = (
            words[-1] != "pass"
            or len(words) == 1
            or words[-2] in ("db", "user", "smtp", "admin", "mail", "root")
        )
        is_short = (
            flat.endswith("pass")
            and not flat.endswith(("dbpass", "userpass", "smtppass", "_pass"))
            and words[-1] != "pass"
        )
        return "password" if is_word and not is_short else ""
    if _SECRET.search(flat):
        return "secret"
    return "token" if _TOKEN.search(flat) else ""


def is_placeholder(value: str) -> bool:
    """Whether a value stands for one that is put in later, or names where it lies."""
    text = value.strip()
    if not text or _PLACEHOLDER.search(text) or _REFERENCE.search(text):
        return True
    return len(set(text)) < 4


def judge(name: str, value: str) -> tuple[str, Confidence] | None:
    """The kind of secret that `name` holds with `value`, and how sure that is; None for no secret."""
    text = _SCHEME.sub("", value.strip())
    if not _MIN_PASSWORD <= len(text) <= _MAX or any(blank in text for blank in " \t\n"):
        return None
    kind = name_kind(name)
    if not kind or is_placeholder(text):
        return None
    # `password2 = "password2"` names a field; `password = "password!9"` is somebody's.
    if _flat(text) == _flat(name) or (
        text.isalpha() and (_flat(text) in _flat(name) or _flat(name) in _flat(text))
    ):
        return None
    if text.isdecimal() or _WORDS.match(text) or _CAMEL.match(text) or _is_pattern(text):
        return None
    shortest = {"password": _MIN_PASSWORD, "secret": _MIN_SECRET, "token": _MIN_TOKEN}[kind]
    if len(text) < shortest:
        return None
    bits = entropy(text)
    if _UUID.match(text) or (_HEX.match(text) and len(text) >= 24):
        return (kind, Confidence.MEDIUM) if bits > 2.5 else None
    classes = sum(bool(re.search(one, text)) for one in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]"))
    if kind == "password":
        if classes < 2:
            return None
        return kind, Confidence.HIGH if classes >= 3 and len(text) >= 10 else Confidence.MEDIUM
    has_digit = bool(re.search(r"\d", text))
    if not has_digit and classes < 3:
        return None
    if kind == "token" and bits < 3.0:
        return None
    return kind, Confidence.HIGH if len(text) >= 20 and bits > 3.5 else Confidence.MEDIUM


def is_address_secret(password: str, host: str) -> bool:
    """Whether a password in an address is one: not a placeholder, not a database on the developer's machine."""
    if LOCAL_HOSTS.match(host) or is_placeholder(password) or password.lower() in _URL_PASSWORDS:
        return False
    return len(password) >= 4 and not re.fullmatch(r"\d{1,5}", password)


def _is_pattern(text: str) -> bool:
    return _PATTERN.search(text) is not None and re.search(r"[\[\]?\\]", text) is not None


def _flat(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower())
