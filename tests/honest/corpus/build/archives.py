"""Requests with files in them."""

import io
import tarfile
import zipfile
from base64 import b64encode

from tests.honest.samples.sample import TEXTS


def zip_of(**files):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "/").replace("_dot_", ".")), text)
    return b64encode(memory.getvalue()).decode()


def tar_of(**files):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("_dot_", "."))
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return b64encode(memory.getvalue()).decode()


ROWS = [{"kind": "tea", "price": 3}, {"kind": "coffee", "price": 7}, {"kind": "tea", "price": 5}]
REQUESTS = {
    "unzip": [
        {"file": zip_of(a_dot_txt="hello", dir__b_dot_txt="there")},
        {"file": zip_of(**{"my file (1).txt": "x"})},
    ],
    "unzip_in_memory": [{"file": zip_of(a_dot_txt="x")}, {"file": zip_of(**{"../x.txt": "y"})}],
    "untar": [{"file": tar_of(a_dot_txt="hello", b_dot_md="# x")}],
    "checked_members": [
        {"file": zip_of(a_dot_txt="x", b__c_dot_txt="y")},
        {"file": zip_of(**{"../x.txt": "y"})},
    ],
    "sheet": [{"csv": 'name,price\ntea,3.5\n"a, b",4\n'}, {"csv": "name,price\n=1+1,0\n"}],
    "sniffed": [{"csv": "a;b\n1;2\n"}, {"csv": "a,b\nx,y\n"}],
    "frame": [{"rows": ROWS, "above": "2", "sort": "price"}, {"rows": ROWS, "above": 4, "sort": "kind"}],
    "frame_query": [{"rows": ROWS, "above": "2", "kind": "tea"}],
    "feed": [
        {"body": "<rss><channel><item id='1'><title>Tea &amp; more</title></item></channel></rss>"},
        {"body": "<?xml version='1.0'?><rss><item id='2'><title><![CDATA[<b>x</b>]]></title></item></rss>"},
    ],
    "soap": [{"id": "7", "note": "a < b & c"}, {"id": "x", "note": TEXTS["html"]}],
    "built": [{"id": 1, "fields": {"a": "<x>", "b": "]]>"}}, {"id": "o-2", "fields": {}}],
    "xpath": [
        {"xml": "<s><book><author>Ada</author><title>Notes</title></book></s>", "author": "Ada"},
        {"xml": "<s><book><author>O'Hara</author><title>X</title></book></s>", "author": "O'Hara"},
    ],
    "svg": [{"svg": "<svg xmlns='http://www.w3.org/2000/svg' width='10'><rect/></svg>"}],
    "settings": [{"yaml": "a: 1\nb: [x, y]\n"}, {"yaml": "run: |\n  import os\n  os.system('x')\n"}],
    "dumped": [{"value": {"b": [1, "x: y"], "a": None}}, {"value": "!!python/object/apply:os.system"}],
    "own_pickle": [{"text": "hello"}, {"text": "cos\nsystem\n(S'id'\ntR."}],
    "property_list": [{"name": "Ada <x>"}],
    "json_lines": [{"body": '{"a": 1}\n{"b": 2}\n'}, {"body": '{"__class__": "x"}'}],
}
