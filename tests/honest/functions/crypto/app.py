"""Tokens, signatures, sealed notes and certificates."""

import base64
import hashlib
import hmac

import jwt
from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID

SECRET = b"0123456789abcdef0123456789abcdef"
fernet = Fernet(base64.urlsafe_b64encode(SECRET))
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def handler(event, context):
    text = event["text"]
    token = jwt.encode({"sub": text, "role": "customer"}, SECRET, algorithm="HS256")
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    given = jwt.decode(event["token"], options={"verify_signature": False})
    sealed = AESGCM(SECRET).encrypt(b"\0" * 12, text.encode(), b"order")
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    key.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    derived = HKDF(hashes.SHA256(), 32, None, text.encode()[:50]).derive(SECRET)
    curve = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, event["host"])])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(curve, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM)
    return {
        "claims": claims,
        "given": given,
        "note": fernet.decrypt(fernet.encrypt(text.encode())).decode(),
        "opened": AESGCM(SECRET).decrypt(b"\0" * 12, sealed, b"order").decode(),
        "derived": derived.hex(),
        "mac": hmac.new(SECRET, text.encode(), "sha256").hexdigest(),
        "hash": hashlib.sha3_256(text.encode()).hexdigest(),
        "subject": x509.load_pem_x509_csr(pem).subject.rfc4514_string(),
    }
