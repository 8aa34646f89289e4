"""What every question ends with: did the protection refuse what it was set to refuse?"""

import subprocess
import sys


def child_is_refused():
    """A child process, which policies of libraries for Lambda name."""
    try:
        said = subprocess.run(["/bin/echo", "it"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return
    sys.exit(f"not active: a child process ran and said {said.strip()!r}")


def traversal_is_refused(application):
    """A path from a request that leaves its folder, which every maker of web protections names."""
    from flask import request

    @application.get("/file")
    def file():
        with open(f"/usr/share/doc/{request.args['name']}") as opened:
            return opened.read(20)

    answer = application.test_client().get("/file?name=../../../etc/passwd")
    if answer.status_code == 200:
        sys.exit(f"not active: a path from the request was opened, {answer.text[:5]!r}...")
