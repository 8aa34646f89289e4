"""A managed runtime's files in an environment: /var/lang, /var/runtime, and layers as /opt.

Read on Lambda's image: bootstrap starts the interpreter through AWS_LAMBDA_EXEC_WRAPPER, if there is one, with
/var/runtime/bootstrap.py, which sets the search path and calls awslambdaric.
"""

from __future__ import annotations

import os
from pathlib import Path

from dayfly.lab.interpreter import Interpreter
from dayfly.lab.model import FunctionConfig

_IMAGE = Path(__file__).with_name("image")
RUNTIME_ROOT = "/var/runtime"
BOOTSTRAP = ("/bin/sh", f"{RUNTIME_ROOT}/bootstrap")
LANG = Path("/var/lang")
PATH = "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"
LIBRARY_PATH = (
    "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
)


def binds(interpreter: Interpreter, *, inside: Path) -> list[str]:
    """bubblewrap's arguments that show an interpreter and the lab's bootstrap where Lambda's image has them.

    `inside` is the interpreter's own path in the environment.
    """
    arguments: list[str] = []
    for name in ("bootstrap", "bootstrap.py"):
        arguments += ["--ro-bind", str(_IMAGE / name), f"/var/runtime/{name}"]
    version = f"python{interpreter.version[0]}.{interpreter.version[1]}"
    prefix = interpreter.path.parent.parent
    if (prefix / "pyvenv.cfg").is_file() and (prefix / "bin" / version).exists():
        # A virtual environment is found by the file beside its interpreter, so it is shown whole.
        arguments += ["--ro-bind", str(prefix), str(LANG)]
    else:
        packages = LANG / "lib" / version / "site-packages"
        arguments += ["--symlink", str(inside), str(LANG / "bin" / version)]
        arguments += ["--ro-bind", str(interpreter.client_folder.parent), str(packages)]
    return arguments


def layer_binds(config: FunctionConfig) -> list[str]:
    """bubblewrap's arguments that show what the function's layers hold as /opt.

    Entry by entry: what else of this machine lies below /opt (an interpreter, say) stays where it is.
    """
    arguments: list[str] = []
    if config.opt is not None:
        for path in sorted(config.opt.resolve().iterdir()):
            if path.name == "extensions" and config.extensions is not None:
                continue
            if path.is_symlink():
                # Bound, it would show what it names on this machine.
                arguments += ["--symlink", os.readlink(path), f"/opt/{path.name}"]
            else:
                arguments += ["--ro-bind", str(path), f"/opt/{path.name}"]
    if config.extensions is not None:
        arguments += ["--ro-bind", str(config.extensions.resolve()), "/opt/extensions"]
    return arguments
