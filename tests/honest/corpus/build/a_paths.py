"""Path traversal and archives with members outside."""

import io
import tarfile
import zipfile
from base64 import b64encode

from tests.honest.corpus.cases import Attack, rest
from tests.honest.samples.sample import sqs


def zip_of(name, text):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr(name, text)
    return b64encode(memory.getvalue()).decode()


def tar_of(*members):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        for name, text, link in members:
            member = tarfile.TarInfo(name)
            if link:
                member.type, member.linkname = tarfile.SYMTYPE, link
                archive.addfile(member)
            else:
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    return b64encode(memory.getvalue()).decode()


ATTACKS = [
    Attack("path", "joined", {"name": "../outside.txt"}, "outside-secret"),
    Attack("path", "joined", {"name": "/tmp/outside.txt"}, "outside-secret"),
    Attack("path", "joined", {"name": "/proc/self/environ"}, "AWS_SECRET_ACCESS_KEY"),
    Attack("path", "formatted", rest("GET", "/f", ids={"name": "../outside.txt"}), "outside-secret"),
    Attack("path", "path_object", {"name": "../outside.txt"}, "outside-secret"),
    Attack("path", "replaced_once", {"name": "....//outside.txt"}, "outside-secret"),
    Attack("path", "with_suffix", {"name": "../outside"}, "outside-secret"),
    Attack("path", "written", {"name": "../outside.txt", "text": "overwritten-1"}, "overwritten-1"),
    Attack("path", "removed", {"name": "../outside.txt"}, "gone"),
    Attack("path", "copied", {"name": "../outside.txt"}, "outside-secret"),
    Attack("path", "listed", {"folder": "../../etc"}, "passwd"),
    Attack("path", "linked", {"target": "/tmp/outside.txt"}, "outside-secret"),
    Attack("path", "moved", {"name": "../outside.txt"}, "hello"),
    Attack("path", "deployment", {"language": "../app.py"}, "unpack_tar_link"),
    Attack("path", "of_key", {"Records": [{"s3": {"object": {"key": "../outside.txt"}}}]}, "outside-secret"),
    Attack("path", "environment", {"name": "/../proc/self/environ"}, "AWS_SECRET_ACCESS_KEY"),
    Attack("path", "sent_file", {"name": "../outside.txt"}, "outside-secret"),
    Attack("path", "queue", sqs({"file": "../outside.txt"}), "outside-secret"),
    Attack("archive", "unpack_zip", {"zip": zip_of("../outside.txt", "overwritten-2")}, "overwritten-2"),
    Attack(
        "archive", "unpack_tar", {"tar": tar_of(("../outside.txt", "overwritten-3", ""))}, "overwritten-3"
    ),
    Attack(
        "archive", "unpack_tar", {"tar": tar_of(("/tmp/outside.txt", "overwritten-4", ""))}, "overwritten-4"
    ),
    Attack(
        "archive",
        "unpack_tar_link",
        {"tar": tar_of(("link", "", "/tmp/outside.txt")), "read": "link"},
        "outside-secret",
    ),
]
