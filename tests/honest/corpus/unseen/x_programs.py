"""Shell injection, options, and programs by name."""

from tests.honest.corpus.cases import Attack

MARK = "$((6*7))z"
ATTACKS = [
    Attack(
        "shell",
        "thumbnail",
        {"Records": [{"s3": {"object": {"key": f"a.png;echo {MARK};#"}}}], "size": "10x10"},
        "42z",
    ),
    Attack(
        "shell",
        "thumbnail",
        {"Records": [{"s3": {"object": {"key": "a.png"}}}], "size": f"1`echo {MARK}`"},
        "42z",
    ),
    Attack("shell", "getoutput", {"user": f"ada || true; echo {MARK}"}, "42z"),
    Attack("shell", "check_call", {"text": f"x{{,}} {MARK}"}, "42z"),
    Attack("shell", "in_thread", {"text": f"x; echo {MARK}"}, "42z"),
    Attack("shell", "in_async", {"text": f"x & echo {MARK}"}, "42z"),
    Attack("shell", "env_injected", {"text": f"x; echo {MARK}"}, "42z"),
    Attack("shell", "shell_stdin", {"text": f"x; echo {MARK}"}, "42z"),
    Attack("shell", "arithmetic", {"a": f"a[$(echo {MARK} >&2)]"}, "42z"),
    Attack("shell", "posix_spawn", {"text": f"x; echo {MARK}"}, "42z"),
    Attack("shell", "forked", {"text": f"x; echo {MARK}"}, "42z"),
    Attack("shell", "nested", {"text": f"x; echo {MARK}"}, "42z"),
    Attack("shell", "ssh_like", {"text": f"x; echo {MARK}"}, "42z"),
    Attack("options", "option_curl", {"url": "-o/tmp/stolen"}, "stolen"),
    Attack("options", "option_zip", {"names": ["f", "-T", "-TT", "touch /tmp/zipped;"]}, "zipped"),
    Attack("options", "option_sed", {"script": f"1e echo {MARK}"}, "42z"),
    Attack("options", "option_tar", {"name": "--use-compress-program=touch /tmp/tarred"}, "tarred"),
    Attack("options", "option_python", {"flag": "-c", "value": "print(str(6*7)+'z')"}, "42z"),
    Attack("options", "option_jq", {"filter": "env.SECRET"}, "jq-secret-1"),
    Attack("options", "option_openssl", {"options": ["-in", "/etc/passwd"]}, "cm9vd"),
    Attack("options", "option_find", {"name": "hostname -exec echo 42z ;"}, "42z"),
    Attack("options", "program", {"tool": "bash", "text": f"echo {MARK}"}, "42z"),
]
