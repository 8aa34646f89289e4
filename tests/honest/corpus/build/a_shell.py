"""Shell injection and options that make programs run others."""

from tests.honest.corpus.cases import Attack
from tests.honest.samples.sample import sqs

ATTACKS = [
    Attack("shell", "ping", {"host": "example.org; echo $((40+2))x"}, "42x"),
    Attack("shell", "ping", {"host": "$(echo $((40+2)))x"}, "42x"),
    Attack("shell", "ping", {"host": "a\necho $((40+2))x"}, "42x"),
    Attack("shell", "ping", {"host": "a|echo $((40+2))x"}, "42x"),
    Attack("shell", "convert", {"Records": [{"s3": {"object": {"key": "x'; echo $((40+2))x '"}}}]}, "42x"),
    Attack("shell", "popen", {"folder": "; echo `expr 40 + 2`x"}, "42x"),
    Attack("shell", "system_to_file", {"text": "$((40+2))x"}, "42x"),
    Attack("shell", "system_to_file", {"text": "a & echo $((40+2))x"}, "42x"),
    Attack("shell", "sh_c", {"text": "a && echo $((40+2))x"}, "42x"),
    Attack("shell", "bash_pipefail", {"text": "a; echo $((40+2))x"}, "42x"),
    Attack("shell", "env_shell", {"text": "a; echo $((40+2))x"}, "42x"),
    Attack("shell", "split_shell", {"text": "; echo $((40+2))x"}, "42x"),
    Attack("shell", "substitution", {"name": '"; echo $((40+2))x; "'}, "42x"),
    Attack("shell", "substitution", {"name": "$HOSTNAME`echo $((40+2))x`"}, "42x"),
    Attack("shell", "quoted_wrongly", {"name": "$(echo $((40+2))x)"}, "42x"),
    Attack("shell", "asyncio_shell", {"text": "a; echo $((40+2))x"}, "42x"),
    Attack("shell", "spawned", {"text": "a; echo $((40+2))x"}, "42x"),
    Attack("shell", "python_c", {"expression": "__import__('os').popen('echo $((40+2))x').read()"}, "42x"),
    Attack("shell", "xargs", {"names": "a; echo $((40+2))x"}, "42x"),
    Attack("shell", "queue", sqs({"file": "a; echo $((40+2))x"}), "42x"),
    Attack("options", "options_git", {"repository": "--upload-pack=touch /tmp/planted;"}, "planted"),
    Attack("options", "options_git_config", {"setting": "alias.hello=!echo $((40+2))x"}, "42x"),
    Attack(
        "options",
        "options_tar",
        {"names": ["--checkpoint=1", "--checkpoint-action=exec=touch /tmp/planted", "a"]},
        "planted",
    ),
    Attack("options", "options_find", {"arguments": ["/etc/hostname", "-exec", "echo", "42x", ";"]}, "42x"),
    Attack("options", "options_sort", {"flag": "--output=/tmp/planted"}, "planted"),
    Attack("options", "options_awk", {"program": 'BEGIN { print 40+2 "x" }'}, "42x"),
    Attack("options", "program_name", {"tool": "sh", "arguments": ["-c", "echo $((40+2))x"]}, "42x"),
]
