"""Credentials that a format gives away: prefix, alphabet, length, and a checksum where there is one. No I/O."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# A longer line is data or minified code; patterns need not look at it whole.
_MAX_TEXT = 2_000_000
_MIN_TEXT = 12  # `a://b:cd3@ef` is the shortest that any pattern takes


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of credential.

    `hint` is a text that must be there for the pattern to be tried. `judge` says how sure a match is, None for
    no credential at all; the group `secret`, or else the whole match, is the credential.
    """

    kind: str
    check: str
    hint: str
    pattern: re.Pattern[str]
    severity: Severity = Severity.HIGH
    judge: Callable[[str], Confidence | None] = lambda text: Confidence.HIGH if _is_varied(text) else None


@dataclass(frozen=True, slots=True)
class Match:
    """A credential in a text: characters `start` to `end`."""

    format: Format
    start: int
    end: int
    secret: str
    confidence: Confidence


def entropy(text: str) -> float:
    """Shannon's, in bits per character."""
    counts = {character: text.count(character) for character in set(text)}
    return (
        -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values()) if text else 0.0
    )


_LONG = 120  # characters


def _is_varied(text: str) -> bool:
    """Whether a token's body is random enough to be one: not XXXX, 1234…, or EXAMPLE."""
    body = re.sub(r"[^A-Za-z0-9]", "", text)
    upper = body.upper()
    words = ["EXAMPLE", "PLACEHOLDER", "REDACTED", "CHANGEME", "ABCDEFGHIJ"]
    if len(body) < _LONG:  # four letters in a row come by chance in one of 300 private keys
        words += ["XXXX", "YOUR"]
    if any(word in upper for word in words):
        return False
    if re.search(r"0123456789|1234567890|(.)\1{6}", text):
        return False
    return len(set(body)) >= min(8, len(body) // 2)


def _github(text: str) -> Confidence | None:
    """The last six digits are the CRC-32 of the thirty before, in base 62.

    https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    if not _is_varied(text):
        return None
    body = text.rpartition("_")[2]
    number = zlib.crc32(body[:-6].encode())
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return Confidence.HIGH if digits == body[-6:] else Confidence.MEDIUM


def _aws(text: str) -> Confidence | None:
    """Base 32 after the prefix; AWS's documentation ends its examples in EXAMPLE."""
    if not _is_varied(text) or entropy(text[4:]) < 2.5:
        return None
    return Confidence.HIGH


def _aws_secret(text: str) -> Confidence | None:
    is_mixed = bool(re.search(r"[a-z]", text) and re.search(r"[A-Z]", text) and re.search(r"\d", text))
    return Confidence.HIGH if _is_varied(text) and is_mixed and entropy(text) > 4.0 else None


def _jwt(text: str) -> Confidence | None:
    """A signed token whose header is JSON with an algorithm; jwt.io's example is in every tutorial."""
    parts = text.split(".")
    try:
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if (
        not isinstance(header, dict)
        or not isinstance(claims, dict)
        or str(header.get("alg", "none")).lower() == "none"
    ):
        return None
    if claims.get("sub") == "1234567890" or claims.get("name") == "John Doe" or not _is_varied(parts[2]):
        return None
    return Confidence.MEDIUM  # it may have run out


def _pem(text: str) -> Confidence | None:
    body = re.sub(r"-----[^-]+-----|\\n|\s|[\"'+,]", "", text)
    body = re.sub(r"^(?:Proc-Type|DEK-Info):.*?(?=[A-Za-z0-9+/]{40})", "", body)
    if len(body) < 60 or not _is_varied(body) or entropy(body) < 4.0:
        return None
    return Confidence.HIGH


def _url(text: str) -> Confidence | None:
    """A password within an address: judged by `values.is_placeholder` by who asks."""
    return Confidence.MEDIUM


def _format(
    kind: str,
    hint: str,
    pattern: str,
    *,
    severity: Severity = Severity.HIGH,
    check: str = "secret.token",
    judge: Callable[[str], Confidence | None] | None = None,
) -> Format:
    compiled = re.compile(pattern)
    return (
        Format(kind, check, hint, compiled, severity, judge)
        if judge
        else Format(kind, check, hint, compiled, severity)
    )


_START, _END = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"


def _token(kind: str, prefix: str, body: str, *, severity: Severity = Severity.HIGH) -> Format:
    return _format(kind, prefix, _START + re.escape(prefix) + body + _END, severity=severity)


# Formats as their issuers document them; a prefix and bounds keep each from running away.
FORMATS: tuple[Format, ...] = (
    _format(
        "an AWS access key", "A", _START + r"(?:AKIA|ABIA|ACCA)[A-Z2-7]{16}" + _END,
        severity=Severity.CRITICAL, check="secret.aws-key", judge=_aws,
    ),
    # It runs out within 36 hours, is in every record of CloudTrail, and opens nothing without its two secrets.
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    _format(
        "the ID of a temporary AWS access key", "ASIA", _START + r"ASIA[A-Z2-7]{16}" + _END,
        severity=Severity.LOW, check="secret.aws-key", judge=_aws,
    ),
    _format(
        "an AWS secret access key", "ecret",
        r"(?i:aws.{0,20})?(?i:secret.{0,3}(?:access)?.{0,3}key)[\"']?\s{0,4}(?:=>|[:=,])\s{0,4}[\"']?"
        r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        severity=Severity.CRITICAL, check="secret.aws-key", judge=_aws_secret,
    ),
    _format(
        "a private key", "PRIVATE KEY-----",
        r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP )?PRIVATE KEY(?: BLOCK)?-----[^-]{60,20000}(?:-----END|$)",
        check="secret.private-key", judge=_pem,
    ),
    _format(
        "an encrypted private key", "ENCRYPTED PRIVATE KEY",
        r"-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]{60,20000}(?:-----END|$)",
        severity=Severity.LOW, check="secret.private-key", judge=_pem,
    ),
    *(
        _format("a GitHub token", prefix, _START + prefix + r"[A-Za-z0-9]{36}" + _END, judge=_github)
        for prefix in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")
    ),
    _token("a GitHub token", "github_pat_", r"[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _format("an npm token", "npm_", _START + r"npm_[A-Za-z0-9]{36}" + _END, judge=_github),
    _token("a GitLab token", "glpat-", r"[A-Za-z0-9_-]{20,300}"),
    _token("a PyPI token", "pypi-AgEIcHlwaS5vcmc", r"[A-Za-z0-9_-]{50,300}"),
    _token("a Slack token", "xoxb-", r"\d{9,14}-\d{9,14}-[A-Za-z0-9]{20,300}"),
    _token("a Slack token", "xoxp-", r"\d{9,14}-\d{9,14}-(?:\d{9,14}-)?[A-Za-z0-9]{20,300}"),
    _token("a Slack token", "xapp-", r"\d-[A-Z0-9]+-\d+-[a-z0-9]{40,300}"),
    _format(
        "a Slack webhook", "hooks.slack.com",
        r"https://hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}" + _END,
        severity=Severity.MEDIUM,
    ),
    _token("a Stripe live key", "sk_live_", r"[A-Za-z0-9]{16,300}"),
    _token("a Stripe live key", "rk_live_", r"[A-Za-z0-9]{16,300}"),
    _token("a Stripe test key", "sk_test_", r"[A-Za-z0-9]{16,300}", severity=Severity.LOW),
    _token("a Stripe webhook secret", "whsec_", r"[A-Za-z0-9+/]{32,300}"),
    _token("a SendGrid key", "SG.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _token("a Twilio key", "SK", r"[0-9a-f]{32}"),
    _token("a Mailgun key", "key-", r"[0-9a-f]{32}"),
    _format("a Mailchimp key", "-us", _START + r"[0-9a-f]{32}-us\d{1,2}" + _END),
    _token("a Google API key", "AIza", r"[A-Za-z0-9_-]{35}", severity=Severity.MEDIUM),
    _token("a Google OAuth secret", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    _token("an OpenAI key", "sk-", r"(?:(?:proj|svcacct|admin)-)?[A-Za-z0-9_-]{20,300}T3BlbkFJ[A-Za-z0-9_-]{20,300}"),
    _token("an OpenAI key", "sk-proj-", r"[A-Za-z0-9_-]{40,300}"),
    _token("an Anthropic key", "sk-ant-", r"(?:api|admin|oat)\d\d-[A-Za-z0-9_-]{60,300}"),
    _token("a Hugging Face token", "hf_", r"[A-Za-z]{34}"),
    _token("a DigitalOcean token", "dop_v1_", r"[0-9a-f]{64}"),
    _token("a Shopify token", "shpat_", r"[0-9a-fA-F]{32}"),
    _token("a Shopify secret", "shpss_", r"[0-9a-fA-F]{32}"),
    _token("a Square token", "sq0atp-", r"[A-Za-z0-9_-]{22}"),
    _token("a Square secret", "sq0csp-", r"[A-Za-z0-9_-]{43}"),
    _token("a Databricks token", "dapi", r"[0-9a-f]{32}"),
    _token("a New Relic key", "NRAK-", r"[A-Z0-9]{27}"),
    _token("a Docker token", "dckr_pat_", r"[A-Za-z0-9_-]{27}"),
    _token("a Vault token", "hvs.", r"[A-Za-z0-9_-]{24,300}"),
    _token("an Atlassian token", "ATATT3", r"[A-Za-z0-9_=-]{100,300}"),
    _token("a Linear key", "lin_api_", r"[A-Za-z0-9]{40}"),
    _token("a Notion token", "ntn_", r"[A-Za-z0-9]{46}"),
    _token("a Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    _token("a Sentry token", "sntrys_", r"[A-Za-z0-9+/=_-]{50,300}"),
    _token("a Supabase token", "sbp_", r"[0-9a-f]{40}"),
    _token("a PlanetScale password", "pscale_pw_", r"[A-Za-z0-9_.-]{32,300}"),
    _token("a Doppler token", "dp.st.", r"(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    _token("an age key", "AGE-SECRET-KEY-1", r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    _format("a Telegram token", ":AA", _START + r"\d{8,10}:AA[A-Za-z0-9_-]{33}" + _END),
    _format(
        "a Discord webhook", "/api/webhooks/",
        r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,72}", severity=Severity.MEDIUM,
    ),
    _format("an Azure storage key", "AccountKey=", r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)"),
    _format(
        "a signed token (JWT)", "eyJ",
        _START + r"eyJ[A-Za-z0-9_-]{8,300}\.eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{20,300}",
        severity=Severity.MEDIUM, judge=_jwt,
    ),
    _format(
        "a password in an address", "://",
        r"(?<![A-Za-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"<>{}$%\[\](),]{0,80}:(?P<secret>[^\s/@'\"<>{}\[\](),]{3,120})"
        r"@(?P<host>[A-Za-z0-9.-]+)",
        check="secret.connection-string", judge=_url,
    ),
)  # fmt: skip


def formats_within(text: str) -> tuple[Format, ...]:
    """The formats that match somewhere in `text`."""
    text = text[:_MAX_TEXT]
    return tuple(one for one in FORMATS if one.hint in text and one.pattern.search(text))


def find_formats(text: str, formats: tuple[Format, ...] = FORMATS) -> Iterator[Match]:
    """Every credential of these formats in `text`, in the order of the formats."""
    if len(text) < _MIN_TEXT:
        return
    text = text[:_MAX_TEXT]
    for one in formats:
        if one.hint not in text:
            continue
        for match in one.pattern.finditer(text):
            has_group = "secret" in match.groupdict()
            secret = match["secret"] if has_group else match[0]
            confidence = one.judge(secret)
            if confidence is not None:
                start = match.start("secret") if has_group else match.start()
                yield Match(one, start, start + len(secret), secret, confidence)
