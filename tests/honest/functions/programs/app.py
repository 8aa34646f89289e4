"""Programs of the function's choice: what the event brings is an argument, standard input or quoted for a shell."""

import os
import shlex
import subprocess
import tarfile
import tempfile


def run(command, text="", **options):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, **options).stdout


def handler(event, context):
    text = event["text"]
    with tempfile.TemporaryDirectory() as folder:
        note = os.path.join(folder, "note.txt")
        with open(note, "w") as file:
            file.write(text)
        with tarfile.open(os.path.join(folder, "all.tar.gz"), "w:gz") as archive:
            archive.add(note, arcname="note.txt")
        listed = run(["tar", "-tzf", "all.tar.gz"], cwd=folder)
        sorted_lines = run(["sort", "--", note])
        size = run(f"wc -c < {shlex.quote(note)}", shell=True)
        with os.popen(f"printf %s {shlex.quote(text[:500])} | wc -l") as pipe:
            lines = pipe.read()
    return {
        "echo": run(["echo", text]),
        "printf": run(["printf", "--", "%s|", *event["words"]]),
        "quoted": run(f"printf '%s' {shlex.quote(text)}", shell=True),
        "joined": run(shlex.join(["printf", "--", "%s,", text, "x"]), shell=True),
        "variable": run(["sh", "-c", 'printf %s "$NOTE"'], env={"NOTE": text, "PATH": os.environ["PATH"]}),
        "argument": run(["sh", "-c", 'printf %s "$1"', "sh", text]),
        "upper": run("tr a-z A-Z | head -c 100", text, shell=True),
        "listed": listed,
        "sorted": sorted_lines,
        "size": size.strip(),
        "lines": lines.strip(),
    }
