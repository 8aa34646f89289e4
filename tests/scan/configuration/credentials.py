"""Credentials that are nobody's, made when a test runs: this repository holds no text that looks like one."""

from __future__ import annotations

import base64
import json
import random
import string
import zlib

_RANDOM = random.Random(20261125)  # the same values in every run
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_MIXED = string.ascii_letters + string.digits


def drawn(length: int, alphabet: str = _MIXED) -> str:
    """A text of this length in which nothing repeats much."""
    while True:
        text = "".join(_RANDOM.choice(alphabet) for _ in range(length))
        if len(set(text)) >= min(8, length // 2) and "xxx" not in text.lower():
            return text


def aws_key() -> str:
    return "AK" + "IA" + drawn(16, string.ascii_uppercase + "234567")


def aws_secret() -> str:
    return (
        drawn(12, string.ascii_lowercase) + "7" + drawn(12, string.ascii_uppercase) + drawn(15, _MIXED + "/+")
    )


def github(prefix: str = "ghp") -> str:
    """With the right checksum."""
    body = drawn(30)
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return prefix + "_" + body + digits


def pem(kind: str = "") -> str:
    body = base64.b64encode(_RANDOM.randbytes(300)).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join(
        [f"-----BEGIN {kind}PRIVATE" + " KEY-----", *lines, f"-----END {kind}PRIVATE" + " KEY-----", ""]
    )


def jwt(algorithm: str = "HS256", subject: str = "orders") -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return ".".join([part({"alg": algorithm, "typ": "JWT"}), part({"sub": subject, "iat": 1}), drawn(43)])


def password() -> str:
    return drawn(6, string.ascii_lowercase) + drawn(4, string.ascii_uppercase) + "-" + drawn(3, "2345679")


_HEX = "0123456789abcdef"
# What `find_formats` should tell: a kind, a real one, and what stands for one in documentation.
TOKENS: dict[str, tuple[str, str]] = {
    "GitHub": (github(), "ghp_" + "x" * 36),
    "GitHub app": (github("ghs"), "ghs_" + "0123456789" * 3 + "abcdef"),
    "GitHub fine": ("github" + "_pat_" + drawn(22) + "_" + drawn(59), "github_pat_" + "YOURTOKENHERE" + "X" * 9 + "_" + "X" * 59),
    "npm": (github("npm"), "npm_" + "X" * 36),
    "GitLab": ("gl" + "pat-" + drawn(20), "glpat-" + "X" * 20),
    "PyPI": ("pypi-" + "AgEIcHlwaS5vcmc" + drawn(90), "pypi-" + "AgEIcHlwaS5vcmc" + "X" * 60),
    "Slack bot": ("xox" + "b-" + drawn(12, "123456789") + "-" + drawn(12, "123456789") + "-" + drawn(24), "xoxb-" + "your-token"),
    "Slack webhook": (
        "https://hooks.slack" + ".com/services/T" + drawn(9, string.ascii_uppercase) + "/B" + drawn(9, string.ascii_uppercase) + "/" + drawn(24),
        "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
    ),
    "Stripe": ("sk" + "_live_" + drawn(24), "sk_live_" + "x" * 24),
    "Stripe restricted": ("rk" + "_live_" + drawn(24), "pk_live_" + drawn(24)),
    "SendGrid": ("SG" + "." + drawn(22) + "." + drawn(43), "SG." + "x" * 22 + "." + "x" * 43),
    "Twilio": ("SK" + drawn(32, _HEX), "SK" + "x" * 32),
    "Mailgun": ("key" + "-" + drawn(32, _HEX), "key-" + "0" * 32),
    "Google": ("AI" + "za" + drawn(35), "AIza" + "X" * 35),
    "OpenAI": ("sk-" + drawn(20) + "T3Blbk" + "FJ" + drawn(20), "sk-" + "your-api-key-here"),
    "OpenAI project": ("sk-" + "proj-" + drawn(60), "sk-proj-" + "X" * 60),
    "Anthropic": ("sk-" + "ant-api03-" + drawn(93), "sk-ant-" + "..."),
    "Hugging Face": ("hf" + "_" + drawn(34, string.ascii_letters), "hf_" + "x" * 34),
    "DigitalOcean": ("dop" + "_v1_" + drawn(64, _HEX), "dop_v1_" + "0" * 64),
    "Shopify": ("shp" + "at_" + drawn(32, _HEX), "shpat_" + "0" * 32),
    "Databricks": ("da" + "pi" + drawn(32, _HEX), "dapi" + "0" * 32),
    "New Relic": ("NR" + "AK-" + drawn(27, string.ascii_uppercase + string.digits), "NRAK-" + "X" * 27),
    "Docker": ("dckr" + "_pat_" + drawn(27), "dckr_pat_" + "x" * 27),
    "Vault": ("hv" + "s." + drawn(30), "hvs." + "x" * 30),
    "Telegram": (drawn(9, "123456789") + ":A" + "A" + drawn(33), "123456789:AA" + "x" * 33),
    "JWT": (jwt(), jwt("none")),
}  # fmt: skip
