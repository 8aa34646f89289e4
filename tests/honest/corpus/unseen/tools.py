"""Requests that run programs."""

from tests.honest.samples.sample import TEXTS

ROWS = [{"name": "tea", "price": 3}, {"name": "a b", "price": 4}]
REQUESTS = {
    "converted": [
        {"text": "abc", "steps": ["upper"]},
        {"text": "a; id", "steps": ["upper", "reverse"]},
        {"text": "$(x)", "steps": ["count"]},
    ],
    "hashed": [{"hash": "sha256", "text": "x"}, {"hash": "md5", "text": TEXTS["lines"]}],
    "file_kind": [
        {"key": "in/pic.png", "hex": "89504e470d0a1a0a0000000d49484452"},
        {"key": "in/my note.txt", "hex": "6869"},
    ],
    "key_in_tmp": [
        {"Records": [{"s3": {"object": {"key": "letter.odt"}}}]},
        {"Records": [{"s3": {"object": {"key": "My+letter-2.odt"}}}]},
    ],
    "scaled": [
        {"size": "640x480", "format": "PNG"},
        {"size": "10x10", "quality": "200", "format": "jpg"},
        {"size": "1x1;id", "format": "png"},
    ],
    "clip": [
        {"start": "1.5", "length": 10, "source": "s3://in/My film (final).mov", "target": "/tmp/out.mov"},
        {"start": 0, "length": "3", "source": "a'b;$(id).mov", "target": "x y"},
    ],
    "splitted": [{"title": 'The "Best" of Tea', "author": "Ada"}, {"title": "x", "author": "Ada Lovelace"}],
    "jq_filter": [{"name": "tea", "rows": ROWS}, {"name": '" or true', "rows": ROWS}],
    "jq_field": [{"field": "price", "rows": ROWS}, {"field": "name", "rows": ROWS[:1]}],
    "sed_line": [{"line": "2", "text": "a\nb\n"}, {"line": 1, "text": "s/x/y/e\n"}],
    "awk_variable": [{"least": "3", "csv": "a,2\nb,3\n"}, {"least": 0, "csv": "system(x),1\n"}],
    "grep_safely": [
        {"word": "tea", "text": "tea\nx"},
        {"word": "--include=x", "text": "--include=x"},
        {"word": "-e", "text": "a-e"},
    ],
    "curl_partner": [{"id": "7", "tenant": "acme"}, {"id": 8, "tenant": "blue sky"}],
    "repository": [
        {"author": "Ada", "text": "# Hello", "message": "Add readme", "tag": "v1.0"},
        {"author": "O'Brien", "text": TEXTS["shell"], "message": "-m is no option here", "tag": "release-2"},
    ],
    "packed": [{"names": ["a.txt", "b.txt"]}, {"names": ["my file.txt", "-rf.txt"]}],
    "encrypted": [
        {"text": "hello\n", "secret": "s3cret"},
        {"text": TEXTS["shell"] + "\n", "secret": "$(id)"},
    ],
    "worker_script": [{"output": "json", "data": [1, 2]}, {"output": "text", "data": []}],
    "parallel": [{"words": ["a", "b c", "$x"]}],
    "limited": [{"text": "x", "code": "3"}, {"text": "y", "code": 0}],
    "heredoc": [{"line": "hello", "words": ["a", "b c"]}, {"line": "$(id)", "words": ["-c", "; ls"]}],
    "which_tool": [{"tool": "tar"}, {"tool": "../sh"}],
}
