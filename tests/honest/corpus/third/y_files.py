"""Attacks on paths and archives."""

import base64
import io
import tarfile
import zipfile

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.third import http, s3

NEEDS = ("aws-http",)
KEY = "key-88-blue"
ROOT = "root:x:0"
UP = "../private/keys.txt"


def _zip(name: str) -> dict[str, object]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "by-the-zip")
    return {"body": base64.b64encode(out.getvalue()).decode()}


def _tar(*members: tuple[str, str]) -> dict[str, object]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, target in members:
            member = tarfile.TarInfo(name)
            if target:
                member.type, member.linkname = tarfile.SYMTYPE, target
                archive.addfile(member)
            else:
                member.size = 10
                archive.addfile(member, io.BytesIO(b"by-the-tar"))
    return {"body": base64.b64encode(out.getvalue()).decode()}


ATTACKS = [
    Attack("path", "read_join", http("GET", "/f", query={"file": UP}), KEY),
    Attack("path", "read_join", http("GET", "/f", query={"file": "/etc/passwd"}), ROOT),
    Attack(
        "path", "read_join", http("GET", "/f", query={"file": "./.././../proc/self/environ"}), "AWS_LAMBDA"
    ),
    Attack("path", "read_format", {"name": "../private/keys"}, KEY),
    Attack("path", "read_pathlib", {"name": "/var/task/app.py"}, "file-secret-63"),
    Attack("path", "read_pathlib", {"name": "../docs/../private/./keys.txt"}, KEY),
    Attack("path", "read_unquoted", http("GET", "/%2e%2e%2fprivate/keys.txt"), KEY),
    Attack("path", "read_replaced", {"name": "....//private/keys.txt"}, KEY),
    Attack("path", "read_normal", {"name": "．．/private/keys.txt"}, KEY),
    Attack("path", "read_prefix", {"path": "/tmp/docs/../private/keys.txt"}, KEY),
    Attack("path", "read_expanded", {"name": "~daemon/../../etc/passwd"}, ROOT),
    Attack("path", "read_base64", {"id": base64.b64encode(UP.encode()).decode()}, KEY),
    Attack("path", "read_lines", {"name": UP}, KEY),
    Attack("path", "read_csv", {"name": UP}, KEY),
    Attack("path", "read_numpy", {"name": UP}, KEY),
    Attack("path", "read_config", {"theme": UP}, KEY),
    Attack("path", "read_url", {"url": "file:///etc/passwd"}, ROOT),
    Attack("path", "list_folder", {"folder": "../private"}, "keys.txt"),
    Attack("path", "scan_folder", {"folder": "/tmp/private"}, "keys.txt"),
    Attack("path", "glob_files", {"pattern": "../*/keys.*"}, KEY),
    Attack("path", "write", {"name": UP, "text": "over" + "written"}, '"overwritten"'),
    Attack("path", "remove", {"name": UP}, "false"),
    Attack("path", "remove_tree", {"user": "../private"}, "false"),
    Attack("path", "rename", {"to": "../private/moved"}, "moved"),
    Attack("path", "copy", {"from": UP}, KEY),
    Attack("path", "make_folder", {"tenant": "../private/made"}, "made"),
    Attack("path", "link", {"target": "/etc/passwd"}, ROOT),
    Attack(
        "path",
        "upload",
        {
            "body": '--b\r\nContent-Disposition: form-data; name="f"; filename="../private/keys.txt"\r\n\r\nx\r\n--b--'
        },
        "over",
    ),
    Attack("path", "download", s3("../private/keys.txt"), "from the bucket"),
    Attack("path", "download", s3("..%2Fprivate%2Fkeys.txt"), "from the bucket"),
    Attack("path", "template", {"page": "../app.py"}, "file-secret-63"),
    Attack("path", "sqlite_file", {"tenant": "../private/t"}, "t.db"),
    Attack("path", "xml_file", {"name": "../private/k.xml"}, "key-88-xml"),
    Attack("path", "copy_object", {"key": "../t2/secret.txt"}, "t2-key-88"),
    Attack("archive", "unzip", _zip(UP), "by-the-zip"),
    Attack("archive", "unzip", _zip("/tmp/private/keys.txt"), "by-the-zip"),
    Attack("archive", "untar", _tar((UP, "")), "by-the-tar"),
    Attack("archive", "untar", _tar(("link", "/etc/passwd")), ROOT),
    Attack("archive", "untar", _tar(("up", "/tmp/private"), ("up/keys.txt", "")), "by-the-tar"),
    Attack("archive", "unpack", _tar((UP, "")), "by-the-tar"),
    Attack("path, second order", "show_kept", {}, KEY, before=[("keep_name", {"file": UP})]),
]
