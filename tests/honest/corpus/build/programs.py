"""Requests whose words become arguments and input of programs."""

from tests.honest.samples.sample import TEXTS

REQUESTS = {
    "count_words": [{"text": "one two three"}, {"text": TEXTS["shell"]}],
    "grep_fixed": [
        {"word": "tea", "text": "tea\ncoffee\n"},
        {"word": "-rf", "text": "rm -rf /"},
        {"word": "$(id)", "text": "x"},
    ],
    "grep_option": [
        {"word": "tea", "text": "Tea\ncoffee\n"},
        {"word": "a.c", "text": "abc\n"},
        {"word": "-v", "text": "-v\n"},
    ],
    "pack": [
        {"files": {"a.txt": "x", "my file.txt": "y"}},
        {"files": {"../../etc/cron": "x"}},
        {"files": {"-rf": "1", "Q1 (final).csv": "2"}},
    ],
    "shell_quoted": [
        {"name": "ada"},
        {"name": "o'brien; rm -rf /"},
        {"name": "$(id) `id` | cat"},
        {"name": ""},
    ],
    "shell_joined": [{"words": ["hello", "world"]}, {"words": ["a b", "&&", "id", "'"]}],
    "pipeline": [{"lines": "2", "values": ["b", "a", "b"]}, {"lines": 1, "values": ["x; id", "$(id)"]}],
    "encode": [
        {
            "Records": [{"s3": {"object": {"key": "in/holiday+2026.mov"}}}],
            "size": "1280x720",
            "preset": "web",
        },
        {"Records": [{"s3": {"object": {"key": "in/$(id);x.mov"}}}], "size": "640x360", "preset": "print"},
    ],
    "split_command": [
        {"source": "/tmp/a.mov", "start": "00:00:05", "seconds": "10"},
        {"source": "clip.mp4", "start": "3", "seconds": 2},
    ],
    "git_describe": [
        {"branch": "main", "message": "Add the note"},
        {"branch": "feature/tea-2", "message": 'Fix "quotes"; $(id)'},
    ],
    "digest": [{"algorithm": "sha256", "text": "x"}, {"algorithm": "md5", "text": TEXTS["unicode"]}],
    "own_script": [{"numbers": [1, 2, 3]}, {"numbers": []}],
    "env_passed": [{"greeting": "hello"}, {"greeting": "$(id); echo `x`"}],
    "positional": [{"items": ["a", "b c"]}, {"items": ["$(id)", "; ls", "-x"]}],
    "sorted_by": [
        {"by": "number", "values": ["10", "9"]},
        {"by": "text", "values": ["b", "a"], "reverse": True},
        {"by": "month", "values": ["MAR", "JAN"]},
    ],
    "head_of": [{"csv": "a,b\n1,2\n3,4\n", "rows": 2}, {"csv": "=cmd|x\n", "rows": "1"}],
    "system_status": [{"job": "j-17"}, {"job": "a;b"}],
    "with_asyncio": [{"words": ["hello", "there"]}, {"words": ["a;b", "$(x)"]}],
}
