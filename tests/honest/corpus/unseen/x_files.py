"""Ways out of a folder."""

import io
import tarfile
import zipfile
from base64 import b64encode

from tests.honest.corpus.cases import Attack, rest

NEEDS = ("aws-http",)


def zipped(name, text):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "hello")
        archive.writestr(name, text)
    return b64encode(memory.getvalue()).decode()


def tarred(name, text="", link=""):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        if link:
            member.type, member.linkname = tarfile.SYMTYPE, link
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text.encode()))
    return b64encode(memory.getvalue()).decode()


ATTACKS = [
    Attack("path", "low_level", {"name": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "joined_parts", {"parts": ["..", "bob", "diary.txt"]}, "bobs-diary"),
    Attack("path", "joined_parts", {"parts": ["/tmp/users/bob/diary.txt"]}, "bobs-diary"),
    Attack("path", "normalised", {"name": "x/../../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "prefix_only", {"name": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "unquoted", rest("GET", "/f", ids={"file": "..%2Fbob%2Fdiary.txt"}), "bobs-diary"),
    Attack("path", "globbed", {"pattern": "../b*/*.txt"}, "bobs-diary"),
    Attack("path", "sent_to_bucket", {"name": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "downloaded_over", {"save_as": "../bob/diary.txt"}, "planted-text"),
    Attack(
        "path, second order",
        "key_from_bucket",
        {"list": "lists/1.json"},
        "bobs-diary",
        before=[("write_list", {"names": ["../bob/diary.txt"]})],
    ),
    Attack("path", "database", {"name": "../bob/data"}, "bobs-row"),
    Attack("path", "frame", {"name": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "image", {"name": "../bob/p.png"}, "[2, 3]"),
    Attack("path", "template_file", {"page": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "mapped", {"name": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "lines", {"name": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "tree_removed", {"folder": "../bob"}, "all gone"),
    Attack("path", "hard_link", {"name": "../bob/diary.txt"}, "bobs-diary"),
    Attack("path", "temporary", {"prefix": "../bob/x"}, "/tmp/users/bob/x"),
    Attack("path", "manifest", {"body": "file,size\n../bob/diary.txt,1\n"}, "bobs-diary"),
    Attack("archive", "unpack", {"zip": zipped("../bob/diary.txt", "overwritten")}, "overwritten"),
    Attack("archive", "unpack", {"zip": zipped("/tmp/users/bob/diary.txt", "overwritten")}, "overwritten"),
    Attack("archive", "unpack_tar", {"tar": tarred("../bob/diary.txt", "overwritten")}, "overwritten"),
    Attack("archive", "unpack_hardlink", {"tar": tarred("copy", link="../bob/diary.txt")}, "bobs-diary"),
]
