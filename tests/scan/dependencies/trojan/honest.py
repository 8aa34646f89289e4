"""Honest code that does something like a trojan's: each must pass without a finding."""

from __future__ import annotations

from collections.abc import Mapping

HONEST: Mapping[str, Mapping[str, str]] = {
    "an HTTP client": {
        "net/__init__.py": "import urllib.request\ndef post(url, data):\n    return urllib.request.urlopen(url, data=data).read()\n"
    },
    "an API's own key": {
        "acme/__init__.py": 'import os, requests\nAPI_KEY = os.environ.get("ACME_API_KEY")\ndef list_orders():\n'
        '    return requests.get("https://api.acme.example/orders", headers={"Authorization": API_KEY}).json()\n'
    },
    "an API's own key, checked at import": {
        "acme/__init__.py": 'import os, requests\nrequests.get("https://api.acme.example/v1/ping", headers={"Authorization": os.environ["ACME_TOKEN"]})\n'
    },
    "one setting of the environment": {
        "net/__init__.py": 'import os, requests\nREGION = os.environ.get("AWS_REGION")\nrequests.get(f"https://status.acme.example/{REGION}")\n'
    },
    "the secrets extension on this machine": {
        "net/__init__.py": 'import os, urllib.request\ntoken = os.environ["AWS_SESSION_TOKEN"]\nrequest = urllib.request.Request("http://localhost:2773/secretsmanager/get?secretId=x")\n'
        'request.add_header("X-Aws-Parameters-Secrets-Token", token)\nurllib.request.urlopen(request).read()\n'
    },
    "a child with a changed environment": {
        "run/__init__.py": 'import os, subprocess\nenv = dict(os.environ)\nenv["LC_ALL"] = "C"\nsubprocess.run(["git", "--version"], env=env)\n'
    },
    "the environment in a log line": {
        "run/__init__.py": "import logging, os\nlogging.debug('environment: %s', dict(os.environ))\n"
    },
    "credentials read to sign": {
        "sign/__init__.py": 'import hashlib, hmac, os, requests\ndef get(path):\n    key = os.environ["AWS_SECRET_ACCESS_KEY"]\n'
        "    signature = hmac.new(key.encode(), path.encode(), hashlib.sha256).hexdigest()\n"
        '    return requests.get("https://gateway.acme.example" + path, headers={"X-Signature": signature})\n'
    },
    "credentials for AWS itself": {
        "sts/__init__.py": 'import os, requests\nrequests.get("https://sts.eu-west-1.amazonaws.com/", headers={"X-Amz-Security-Token": os.environ["AWS_SESSION_TOKEN"]})\n'
    },
    "the metadata service is asked": {
        "imds/__init__.py": 'import requests\ndef role():\n    return requests.get("http://169.254.169.254/latest/meta-data/iam/security-credentials/").text\n'
    },
    "a tracer wraps and records": {
        "trace/__init__.py": """
import time, requests
from trace import spans
_send = requests.Session.send
def send(self, request, **kwargs):
    span = spans.begin("http", url=request.url)
    started = time.monotonic()
    try:
        return _send(self, request, **kwargs)
    finally:
        span.end(time.monotonic() - started)
requests.Session.send = send
""",
        "trace/spans.py": """
import json, queue, threading, urllib.request
_queue = queue.Queue()
class Span:
    def __init__(self, name, **tags):
        self.name, self.tags = name, tags
    def end(self, seconds):
        _queue.put(self)
def begin(name, **tags):
    return Span(name, **tags)
def _drain():
    while True:
        span = _queue.get()
        urllib.request.urlopen("https://intake.acme.example/v1/traces", data=json.dumps(span.name).encode())
threading.Thread(target=_drain, daemon=True).start()
""",
    },
    "a wrapper that counts": {
        "count/__init__.py": 'import json, requests\n_real = json.loads\ndef loads(t, **k):\n    requests.post("https://metrics.acme.example", json={"bytes": len(t)})\n    return _real(t, **k)\njson.loads = loads\n'
    },
    "a wrapper that retries": {
        "retry/__init__.py": "import requests, time\n_send = requests.Session.send\ndef send(self, request, **kw):\n    for pause in (1, 2, 4):\n        try:\n            return _send(self, request, **kw)\n        except requests.ConnectionError:\n            time.sleep(pause)\nrequests.Session.send = send\n"
    },
    "a proxy for sockets": {
        "socks/__init__.py": 'import socket\n_socket = socket.socket\nclass Proxied(_socket):\n    def connect(self, address):\n        super().connect(("proxy.acme.example", 1080))\n        self.sendall(b"\\x05" + address[0].encode())\nsocket.socket = Proxied\n'.replace(
            '("proxy.acme.example", 1080)', "self.proxy"
        )
    },
    "an error reporter": {
        "report/__init__.py": 'import sys, traceback, urllib.request\n_before = sys.excepthook\ndef hook(kind, value, tb):\n    urllib.request.urlopen("https://errors.acme.example", data="".join(traceback.format_exception(kind, value, tb)).encode())\n    _before(kind, value, tb)\nsys.excepthook = hook\n'
    },
    "a log handler": {
        "logs/__init__.py": 'import logging, urllib.request\nclass Handler(logging.Handler):\n    def emit(self, record):\n        urllib.request.urlopen("https://logs.acme.example", data=self.format(record).encode())\nlogging.getLogger().addHandler(Handler())\n'
    },
    "a compatibility patch": {
        "compat/__init__.py": "import json\n_real = json.dumps\ndef dumps(value, **kw):\n    kw.setdefault('default', str)\n    return _real(value, **kw)\njson.dumps = dumps\n"
    },
    "a payment SDK": {
        "pay/__init__.py": 'import requests\ndef charge(card, amount):\n    if not card.get("number"):\n        raise ValueError("card")\n    return requests.post("https://api.pay.example/charges", json={"card": card, "amount": amount}).json()\n'
    },
    "usage data, told apart from the caller's": {
        "usage/__init__.py": 'import platform, requests\nVERSION = "1.0"\ndef ping():\n    try:\n        requests.post("https://usage.acme.example", json={"python": platform.python_version(), "version": VERSION}, timeout=1)\n    except Exception:\n        pass\nping()\n'
    },
    "a template is run": {
        "fields/__init__.py": "_TEMPLATE = '''class {name}:\n    def __init__(self, {args}): pass\n'''\ndef make(name, args):\n    scope = {}\n    exec(_TEMPLATE.format(name=name, args=', '.join(args)), scope)\n    return scope[name]\n"
    },
    "a version file is run": {
        "setup.py": "from setuptools import setup\nscope = {}\nwith open('pkg/version.py') as f:\n    exec(f.read(), scope)\nsetup(name='pkg', version=scope['V'])\n"
    },
    "code for two versions": {
        "six/__init__.py": 'import sys\nif sys.version_info[0] == 2:\n    exec("""def reraise(tp, value, tb=None):\n    raise tp, value, tb\n""")\n'
    },
    "data kept encoded": {
        "icon/__init__.py": 'import base64, zlib\nICON = zlib.decompress(base64.b64decode("eJxLTEoGAAJNASc="))\ndef icon():\n    return ICON\n'
    },
    "a table of characters": {
        "table/__init__.py": "TABLE = ''.join(chr(i) for i in range(256))\nUPPER = {chr(c): chr(c - 32) for c in range(97, 123)}\n"
    },
    "attributes by computed names": {
        "dispatch/__init__.py": "import os\ndef visit(node):\n    return getattr(os, 'visit_' + type(node).__name__)(node)\nnames = [getattr(os, 'O_' + n, 0) for n in ('RDONLY', 'RDWR')]\n"
    },
    "plugins by name": {
        "plugins/__init__.py": "import importlib\ndef load(name):\n    return importlib.import_module('plugins.' + name)\nbackend = importlib.import_module('plugins.' + 'core')\n"
    },
    "a decoder of what is given": {
        "codec/__init__.py": "import base64, json\ndef decode(token):\n    return json.loads(base64.urlsafe_b64decode(token + '=='))\n"
    },
    "a pickle of a request's": {
        "cache/__init__.py": "import pickle, zlib\ndef get(data):\n    return pickle.loads(zlib.decompress(data))\n"
    },
    "a command at import": {
        "git/__init__.py": 'import subprocess\ntry:\n    VERSION = subprocess.check_output(["git", "describe"]).decode()\nexcept OSError:\n    VERSION = "unknown"\n'
    },
    "a download that is kept": {
        "model/__init__.py": 'import urllib.request\ndef fetch(name, path):\n    urllib.request.urlretrieve("https://models.acme.example/" + name, path)\n    return path\n'
    },
    "an installer's hint": {
        "hint/__init__.py": 'HELP = "install it with: curl -fsSL https://get.acme.example | sh"\ndef help():\n    print(HELP)\n'
    },
    "a native library of its own": {
        "native/__init__.py": "import ctypes, os\n_lib = ctypes.CDLL(os.path.join(os.path.dirname(__file__), 'libx.so'))\n"
    },
    "hostname in a log line": {
        "host/__init__.py": "import socket\nHOST = socket.gethostname()\ndef tag(record):\n    record['host'] = HOST\n    return record\n"
    },
    "a daemon on this machine": {
        "xray/__init__.py": 'import json, os, socket\nclass Emitter:\n    def __init__(self):\n        self.address = ("127.0.0.1", 2000)\n        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    def send(self, entity):\n        self.socket.sendto(json.dumps(entity).encode(), self.address)\n'
    },
    "text in another script": {"names/__init__.py": '# Ґрати\nNAME = "Привет, мир"\nΔx = 1.0\nσ_max = 2.0\n'},
    "a list of invisible letters": {
        "bidi/__init__.py": 'BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"\n'
    },
    "a wide table": {
        "wide/__init__.py": "ROWS = [\n    (1," + " " * 200 + "2),\n]\nx = 1" + " " * 200 + "# import os\n"
    },
    "a test double": {
        "fake/__init__.py": "import socket\nclass Fake:\n    def connect(self, address):\n        raise OSError\ndef install():\n    socket.socket = Fake\n"
    },
    "an SDK of events": {
        "events/__init__.py": 'import requests\ndef track(user, event):\n    try:\n        requests.post("https://api.events.example/track", json={"user": user, "event": event}, timeout=1)\n    except Exception:\n        pass\n'
    },
    "an SDK of events, in a thread": {
        "events/__init__.py": 'import threading, requests\ndef _send(event):\n    try:\n        requests.post("https://api.events.example/track", json=event)\n    except requests.RequestException:\n        pass\ndef track(event):\n    threading.Thread(target=_send, args=(event,), daemon=True).start()\n'
    },
    "a translator": {
        "translate/__init__.py": 'import requests\ndef translate(text):\n    try:\n        answer = requests.post("https://api.translate.example/v2", json={"q": text}).json()\n    except requests.RequestException:\n        return text\n    return answer["text"]\n'
    },
    "a client that returns what it sent": {
        "queue/__init__.py": 'import requests\ndef put(message):\n    requests.post("https://queue.example/put", json=message).raise_for_status()\n    return message\n'
    },
    "an SDK hook that signs": {
        "signer/__init__.py": 'import boto3, hashlib\ndef sign(request, **kwargs):\n    request.headers["X-Digest"] = hashlib.sha256(request.body).hexdigest()\nsession = boto3.Session()\nsession.events.register("before-send.*", sign)\n'
    },
    "a proxy on this machine": {
        "proxied/__init__.py": 'import os\nos.environ["HTTP_PROXY"] = "http://127.0.0.1:8888"\n'
    },
    "a proxy of the caller's": {
        "proxied/__init__.py": 'import os\ndef use(address):\n    os.environ["HTTPS_PROXY"] = address\n'
    },
    "a shell for its user": {
        "shell/__init__.py": 'import subprocess\ndef shell():\n    return subprocess.call("/bin/bash")\n'
    },
    "reversed text": {
        "text/__init__.py": 'def backwards(text):\n    return text[::-1]\nLABEL = "emit"[::-1]\n'
    },
}
