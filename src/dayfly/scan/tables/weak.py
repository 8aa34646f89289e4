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
        rule="A token, password, key, session id or code is drawn from `random`, which is not secure.",
        attack=(
            "`random` is one Mersenne Twister per environment, and all its customers draw from it in turn:",
            (
                "an attacker with enough own tokens (624 words) knows the state, and so the tokens of the next "
                "customers."
            ),
            "Environments restored from one SnapStart snapshot, and children of a fork, begin with the same state: two",
            "customers are given the same token.",
        ),
        fix="Draw secrets from `secrets` (`secrets.token_urlsafe()`, `secrets.choice`) or `random.SystemRandom()`.",
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
            "Two documents with one digest are made within seconds (MD5) or for the price of a car (SHA-1).",
            "Digests that name cached results make one customer's entry the answer to another's question; in `/tmp` and in",
            "globals of a warm environment such entries live on.",
            "Passwords under such a hash are tried at billions a second once the table is lost.",
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
            "A browser sends it with plain HTTP, too, and one image link to `http://` your domain is enough to see it.",
            (
                "The session it names is kept for the customer on the server's side: anyone with the cookie "
                "acts as that customer,"
            ),
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
        rule="A cookie that names a session or holds a token is set without the attribute `HttpOnly`.",
        attack=(
            "One script in a page of yours (`event.html`) reads `document.cookie` and sends it away.",
            "A page kept warm in a global serves that script to customer after customer: each leaves a session behind.",
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
            (
                "ECB gives equal blocks equal ciphertexts: an attacker who can write one record learns when "
                "another customer's is the same."
            ),
            "Blocks of 64 bits repeat after some gigabytes under one key, and a key kept in a global of a warm",
            "environment encrypts for very many customers.",
        ),
        fix="Use AES-GCM or ChaCha20-Poly1305 with a fresh nonce for each message, or let KMS encrypt.",
        technique="T1600",
    ),
)
