"""What the family weak says of twins: one line makes the difference."""

from __future__ import annotations

import textwrap

import pytest

from dayfly.scan.model import Finding, Note, NoteKind
from dayfly.scan.source.project import PythonFile
from dayfly.scan.weak.checking import check_file

RANDOMNESS, HASH, COOKIE, SCRIPT, CIPHER = (
    "weak.randomness",
    "weak.hash",
    "weak.cookie",
    "weak.cookie-script",
    "weak.cipher",
)


def checks_of(text: str) -> list[str]:
    found = list(check_file(PythonFile("app.py", textwrap.dedent(text).encode())))
    return [one.check for one in found if isinstance(one, Finding)]


TWINS = {
    "the module's function": (
        RANDOMNESS,
        "import random\ntoken = str(random.random())",
        "import secrets\ntoken = secrets.token_hex()",
    ),
    "the system's generator is none to be predicted": (
        RANDOMNESS,
        "import random\nreset_code = random.randint(0, 9999)",
        "import random\nreset_code = random.SystemRandom().randint(0, 9999)",
    ),
    "an import under another name": (
        RANDOMNESS,
        "from random import getrandbits as r\npassword = r(64)",
        "from secrets import randbits as r\npassword = r(64)",
    ),
    "an alias of the function": (
        RANDOMNESS,
        "import random\ndraw = random.choice\ndef f():\n    api_key = ''.join(draw('abc') for _ in range(9))",
        "import secrets\ndraw = secrets.choice\ndef f():\n    api_key = ''.join(draw('abc') for _ in range(9))",
    ),
    "a generator kept in a name": (
        RANDOMNESS,
        "import random\nrng = random.Random()\ndef new_session_id():\n    return rng.getrandbits(128)",
        "import random\nrng = random.SystemRandom()\ndef new_session_id():\n    return rng.getrandbits(128)",
    ),
    "a helper function returns it": (
        RANDOMNESS,
        "import random\ndef draw():\n    return random.random()\ndef f(table):\n    table.put({'otp': draw()})",
        "import random\ndef draw():\n    return random.random()\ndef f(table):\n    table.put({'delay': draw()})",
    ),
    "through a local name into a cookie": (
        RANDOMNESS,
        "import random\ndef f(r):\n    n = random.normalvariate()\n    v = str(n)[2:]\n    r.set_cookie('remember_me', v, secure=True, httponly=True)",
        "import random\ndef f(r):\n    n = random.normalvariate()\n    v = str(n)[2:]\n    r.set_cookie('theme', v, secure=True, httponly=True)",
    ),
    "into the session": (
        RANDOMNESS,
        "import random, flask\ndef f():\n    n = random.randint(1, 9)\n    flask.session['n'] = n",
        "import random, flask\ndef f():\n    n = random.randint(1, 9)\n    flask.g.n = n",
    ),
    "version 1 of a UUID is the clock": (
        RANDOMNESS,
        "import uuid\napi_key = str(uuid.uuid1())",
        "import uuid\napi_key = str(uuid.uuid4())",
    ),
    "jitter and samples are no secrets": (
        RANDOMNESS,
        "import random\ndef f():\n    password = random.sample('abc', 2)",
        "import random, time\ndef f(token):\n    if random.random() < 0.1:\n        time.sleep(random.uniform(0, 1))\n    return token",
    ),
    "a number about tokens is none": (
        RANDOMNESS,
        "import random\ncsrf_token = random.randint(1, 9)",
        "import random\ntoken_count = random.randint(1, 9)\nmax_tokens = random.randint(1, 9)",
    ),
    "md5": (HASH, "import hashlib\nhashlib.md5(b'')", "import hashlib\nhashlib.sha256(b'')"),
    "the author says that nothing depends on it": (
        HASH,
        "import hashlib\nhashlib.md5(b'')",
        "import hashlib\nhashlib.md5(b'', usedforsecurity=False)",
    ),
    "an algorithm by name": (
        HASH,
        "import hashlib\nNAME = 'SHA1'\nhashlib.new(NAME)",
        "import hashlib\nNAME = 'SHA3_256'\nhashlib.new(NAME)",
    ),
    "an algorithm from a table": (
        HASH,
        "import hashlib\nT = {'a': 'md5', 'b': 'sha256'}\ndef f():\n    return hashlib.new(T['a'])",
        "import hashlib\nT = {'a': 'md5', 'b': 'sha256'}\ndef f():\n    return hashlib.new(T['b'])",
    ),
    "a function from a table": (
        HASH,
        "import hashlib\nT = [hashlib.md5, hashlib.sha256]\nT[0](b'')",
        "import hashlib\nT = [hashlib.md5, hashlib.sha256]\nT[1](b'')",
    ),
    "an algorithm handed to a helper": (
        HASH,
        "import hashlib\ndef f(n):\n    return hashlib.new(n)\nf('md5')",
        "import hashlib\ndef f(n):\n    return hashlib.new(n)\nf('sha512')",
    ),
    "a file's digest": (
        HASH,
        "import hashlib\nhashlib.file_digest(open('a', 'rb'), 'md5')",
        "import hashlib\nhashlib.file_digest(open('a', 'rb'), 'sha256')",
    ),
    "getattr with a constant": (
        HASH,
        "import hashlib\ngetattr(hashlib, 'md5')(b'')",
        "import hashlib\ngetattr(hashlib, 'sha256')(b'')",
    ),
    "a branch that is never taken": (
        HASH,
        "import hashlib\nif 7 * 6 == 42:\n    d = hashlib.sha1()",
        "import hashlib\nif 7 * 6 != 42:\n    d = hashlib.sha1()\nelse:\n    d = hashlib.sha256()",
    ),
    "S3 asks for MD5 by name": (
        HASH,
        "import hashlib\ndef f(s3, b):\n    s3.put_object(Body=b, Tagging=hashlib.md5(b).hexdigest())",
        "import hashlib\ndef f(s3, b):\n    s3.put_object(Body=b, ContentMD5=hashlib.md5(b).hexdigest())",
    ),
    "S3 asks for MD5, and the digest has a name first": (
        HASH,
        "import hashlib\ndef f(s3, b):\n    d = hashlib.md5(b).hexdigest()\n    s3.put_object(Body=b, ContentMD5=d)\n    return d",
        "import hashlib\ndef f(s3, b):\n    d = hashlib.md5(b).hexdigest()\n    s3.put_object(Body=b, ContentMD5=d)",
    ),
    "HMAC stands on less": (
        HASH,
        "from cryptography.hazmat.primitives import hashes\nhashes.Hash(hashes.SHA1())",
        "from cryptography.hazmat.primitives import hashes, hmac\nhmac.HMAC(b'', hashes.SHA1())",
    ),
    "a cookie of Flask": (
        COOKIE,
        "def f(r, v):\n    r.set_cookie('sid', v, httponly=True)",
        "def f(r, v):\n    r.set_cookie('sid', v, httponly=True, secure=True)",
    ),
    "attributes by position": (
        COOKIE,
        "def f(r, v):\n    r.set_cookie('sid', v, 60, None, '/', None, False, True)",
        "def f(r, v):\n    r.set_cookie('sid', v, 60, None, '/', None, True, True)",
    ),
    "attributes from a dict": (
        COOKIE,
        "O = {'secure': False, 'httponly': True}\ndef f(r, v):\n    r.set_cookie('sid', v, **O)",
        "O = {'secure': True, 'httponly': True}\ndef f(r, v):\n    r.set_cookie('sid', v, **O)",
    ),
    "attributes that are not known are no finding": (
        COOKIE,
        "def f(r, v):\n    r.set_cookie('sid', v, httponly=True)",
        "def f(r, v, options):\n    r.set_cookie('sid', v, **options)",
    ),
    "a cookie that is taken away": (
        COOKIE,
        "def f(r):\n    r.set_cookie('sid', 'x', httponly=True)",
        "def f(r):\n    r.set_cookie('sid', '', max_age=0, httponly=True)",
    ),
    "a header of an answer": (
        COOKIE,
        "def f(v):\n    return {'headers': {'Set-Cookie': f'sid={v}; HttpOnly'}}",
        "def f(v):\n    return {'headers': {'Set-Cookie': f'sid={v}; HttpOnly; Secure'}}",
    ),
    "a header set later": (
        COOKIE,
        "def f(h, v):\n    h['Set-Cookie'] = 'sid=' + v + '; HttpOnly'",
        "def f(h, v):\n    h['Set-Cookie'] = 'sid=' + v + '; httponly; secure'",
    ),
    "Flask's own session": (
        COOKIE,
        "def f(app):\n    app.config.update(SESSION_COOKIE_SECURE=False)",
        "def f(app):\n    app.config.update(SESSION_COOKIE_SECURE=True)",
    ),
    "scripts may read what is no session": (
        SCRIPT,
        "def f(r, v):\n    r.set_cookie('session', v, secure=True)",
        "def f(r, v):\n    r.set_cookie('theme', v, secure=True)",
    ),
    "a form's script must read its token": (
        SCRIPT,
        "def f(v):\n    return {'headers': {'Set-Cookie': f'auth_token={v}; Secure'}}",
        "def f(v):\n    return {'headers': {'Set-Cookie': f'csrf_token={v}; Secure'}}",
    ),
    "a morsel": (
        SCRIPT,
        "from http.cookies import SimpleCookie\ndef f(v):\n    c = SimpleCookie()\n    c['sid'] = v\n    c['sid']['secure'] = True",
        "from http.cookies import SimpleCookie\ndef f(v):\n    c = SimpleCookie()\n    c['sid'] = v\n    c['sid']['secure'] = True\n    c['sid']['httponly'] = True",
    ),
    "DES": (
        CIPHER,
        "from Crypto.Cipher import DES\nDES.new(b'k', DES.MODE_CBC)",
        "from Crypto.Cipher import AES\nAES.new(b'k', AES.MODE_GCM)",
    ),
    "the mode ECB": (
        CIPHER,
        "from Crypto.Cipher import AES\nAES.new(b'k', AES.MODE_ECB)",
        "from Crypto.Cipher import AES\nAES.new(b'k', AES.MODE_CBC)",
    ),
    "the mode ECB of cryptography": (
        CIPHER,
        "from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes\nCipher(algorithms.AES(b''), modes.ECB())",
        "from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes\nCipher(algorithms.AES(b''), modes.GCM(b''))",
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_unsafe_twin_is_found_and_safe_twin_is_not(name: str) -> None:
    check, unsafe, safe = TWINS[name]
    assert check in checks_of(unsafe)
    assert check not in checks_of(safe)


def test_one_draw_is_one_finding_at_the_draw() -> None:
    text = b"import random\nfirst_token = second_token = str(random.random())\n"
    (finding,) = check_file(PythonFile("app.py", text))
    assert isinstance(finding, Finding)
    assert (finding.place.line, finding.place.column) == (2, 34)


def test_a_file_that_does_not_parse_is_no_finding_and_no_crash() -> None:
    assert list(check_file(PythonFile("app.py", b"import random\ntoken = = random.random()"))) == []


def test_a_tree_that_is_too_deep_is_said() -> None:
    text = "import random\ntoken = " + "(" * 60 + "random.random()" + ")" * 60 + "\nx = " + "a." * 900 + "b"
    found = list(check_file(PythonFile("app.py", text.encode())))
    assert [one.check for one in found if isinstance(one, Finding)] == [RANDOMNESS] or [
        one.kind for one in found if isinstance(one, Note)
    ] == [NoteKind.BOUNDED]
