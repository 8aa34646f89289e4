"""The checks of the family `weak`: values that can be guessed, and cookies that can be taken."""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

CHECKS: tuple[Check, ...] = (
    Check(
        id="weak.randomness",
        title="Predictable secret",
        cwe=338,
        broader=(330,),
        severity=Severity.MEDIUM,
        rule="A token, password, key, session id or code comes from `random`, which is not cryptographically secure.",
        attack=(
            "`random` is one Mersenne Twister per environment, and all its customers get numbers from it in turn:",
            "an attacker with enough own tokens (624 words) knows its state, and so the tokens of the next customers.",
            "Environments restored from one SnapStart snapshot, and children of a fork, start with the same state,",
            "so two customers can get the same token.",
        ),
        fix="Generate secrets with `secrets` (`secrets.token_urlsafe()`, `secrets.choice`) or `random.SystemRandom()`.",
        technique="T1539",
    ),
    Check(
        id="weak.hash",
        title="Broken hash function",
        cwe=328,
        broader=(327,),
        severity=Severity.MEDIUM,
        rule="MD5, SHA-1, MD4 or another broken hash is used without `usedforsecurity=False`.",
        attack=(
            "An attacker can create two documents with the same digest within seconds (MD5) or at moderate cost (SHA-1).",
            "If such digests are cache keys, one customer's entry becomes the answer to another customer's request;",
            "in `/tmp` and in globals of a warm environment such entries stay.",
            "Passwords with such a hash can be tested at billions per second if the table is stolen.",
        ),
        fix=(
            "Use `hashlib.sha256` (for passwords `hashlib.scrypt`), or pass `usedforsecurity=False` if the "
            "digest is not for security."
        ),
        technique="T1110.002",
    ),
    Check(
        id="weak.cookie",
        title="Cookie without Secure",
        cwe=614,
        severity=Severity.MEDIUM,
        rule="A cookie is set without the attribute `Secure`.",
        attack=(
            "A browser also sends it over plain HTTP; one image link to `http://` your domain is enough to intercept it.",
            "The server keeps the customer's session: anyone with the cookie can act as that customer,",
            "in every environment and without a password.",
        ),
        fix="Set `secure=True` (`; Secure` in a `Set-Cookie` header).",
        technique="T1539",
    ),
    Check(
        id="weak.cookie-script",
        title="Cookie without HttpOnly",
        cwe=1004,
        severity=Severity.LOW,
        rule="A cookie that identifies a session or contains a token is set without the attribute `HttpOnly`.",
        attack=(
            "One script in one of your pages (`event.html`) reads `document.cookie` and sends it to the attacker.",
            "If a warm function keeps the page in a global, every customer gets that script and loses the session.",
        ),
        fix="Set `httponly=True` (`; HttpOnly` in a `Set-Cookie` header).",
        technique="T1539",
    ),
    Check(
        id="weak.cipher",
        title="Broken cipher",
        cwe=327,
        severity=Severity.MEDIUM,
        rule="DES, 3DES, RC2, RC4 or Blowfish, or a block cipher in ECB mode, encrypts data.",
        attack=(
            "ECB encrypts equal blocks to equal blocks: an attacker who can write a record learns when another customer's is the same.",
            "Blocks of 64 bits repeat after some gigabytes under one key, and a key in a global of a warm",
            "environment encrypts data of many customers.",
        ),
        fix="Use AES-GCM or ChaCha20-Poly1305 with a fresh nonce for each message, or let KMS encrypt.",
        technique="T1600",
    ),
)
