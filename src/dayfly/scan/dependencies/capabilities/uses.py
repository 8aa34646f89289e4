"""Finds what the code of one file uses: the network, processes, evaluation, the environment, native code, …"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dayfly.scan.source.naming import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.model import Place
    from dayfly.scan.source.project import PythonFile


class Capability(StrEnum):
    """What code may do beyond computing. The words of the lock file and of messages."""

    NETWORK = "network"
    PROCESSES = "processes"
    EVALUATION = "evaluation"
    ENVIRONMENT = "environment"
    CREDENTIALS = "credentials"
    NATIVE = "native"
    WRITING = "writing"
    DECODING = "decoding"
    PATCHING = "patching"
    IMPORTING = "importing"
    THREADS = "threads"
    STARTUP = "startup"


@dataclass(frozen=True, slots=True)
class Use:
    """One use; `is_at_import` says that importing the module is enough."""

    capability: Capability
    is_at_import: bool
    place: Place
    what: str


_CALLS: tuple[tuple[Capability, re.Pattern[str]], ...] = tuple(
    (capability, re.compile(pattern))
    for capability, pattern in (
        (
            Capability.NETWORK,
            (
                r"^(?:socket\.(?:socket|create_connection|create_server|getaddrinfo|gethostbyname\w*)|ssl\.(?:wrap_socket|create_default_context|SSLContext)"
                r"|(?:http\.client|httplib)\.HTTPS?Connection|urllib\.request\.(?:urlopen|urlretrieve|build_opener|OpenerDirector)|urllib2\.urlopen"
                r"|requests\.(?:get|post|put|patch|delete|head|options|request|[Ss]ession)|httpx\.\w+|aiohttp\.\w+|urllib3\.\w+|smtplib\.\w+|ftplib\.\w+"
                r"|websockets?\.\w+|paramiko\.\w+|xmlrpc\.client\.\w+|asyncio\.(?:open_connection|start_server)|boto3\.(?:client|resource|Session)"
                r"|grpc\.\w*channel|pycurl\.Curl|zmq\.\w+|telnetlib\.\w+|imaplib\.\w+|poplib\.\w+)"
            ),
        ),
        (
            Capability.PROCESSES,
            (
                r"^(?:os\.(?:system|popen|fork|forkpty|exec\w+|spawn\w+|posix_spawnp?|startfile|kill)$|subprocess\.(?!PIPE|DEVNULL|STDOUT|\w*Error|TimeoutExpired|CompletedProcess)\w+|pty\.\w+"
                r"|multiprocessing\.(?:Process|Pool|get_context)|asyncio\.create_subprocess_\w+|concurrent\.futures\.ProcessPoolExecutor)"
            ),
        ),
        (
            Capability.EVALUATION,
            r"^(?:exec|eval|compile|builtins\.(?:exec|eval|compile)|types\.(?:FunctionType|CodeType)|runpy\.\w+|code\.Interactive\w+|marshal\.loads?|pickle\.(?:loads?|Unpickler))$",
        ),
        (Capability.ENVIRONMENT, r"^os\.(?:environb?|getenvb?|putenv|unsetenv)\b"),
        (
            Capability.NATIVE,
            r"^(?:ctypes\.(?:CDLL|PyDLL|WinDLL|cdll|windll|pythonapi|memmove|CFUNCTYPE)|cffi\.FFI|_ctypes\.)",
        ),
        (
            Capability.DECODING,
            r"^(?:base64\.\w*decode\w*|binascii\.(?:unhexlify|a2b_\w+)|codecs\.decode|zlib\.decompress|bz2\.decompress|lzma\.decompress|gzip\.decompress)$",
        ),
        (
            Capability.IMPORTING,
            r"^(?:sys\.(?:meta_path|path_hooks|modules|path)\.(?:insert|append|pop|setdefault)|importlib\.(?:import_module|reload|machinery\.\w+|util\.\w+)|__import__|imp\.\w+)$",
        ),
        (
            Capability.THREADS,
            r"^(?:threading\.(?:Thread|Timer)|_thread\.start_new_thread|concurrent\.futures\.ThreadPoolExecutor)$",
        ),
        (
            Capability.WRITING,
            r"^(?:os\.(?:remove|unlink|rename|replace|rmdir|makedirs|mkdir|chmod|chown|symlink|link|truncate|removedirs)|shutil\.(?:rmtree|move|copy\w*))$",
        ),
    )
)
_CREDENTIALS = re.compile(
    r"\.aws/credentials|\.ssh/|id_rsa|\.netrc|\.git-credentials|\.docker/config|\.kube/config|\.pypirc|169\.254\.169\.254|169\.254\.170\.2|/proc/self/environ|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN"
)
_TEMPORARY = re.compile(r"^(?:/tmp/|/dev/null|/dev/shm/)")
_WRITE_MODE = re.compile(r"[wax+]")
_METHODS_THAT_WRITE = frozenset({"write_text", "write_bytes"})
# Files of a package's tests are installed and never imported.
_TESTS = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test_\w+|conftest)\.py$")


def find_uses(file: PythonFile) -> list[Use]:
    """Every use in the file; nothing for a file that is no Python, or a test's."""
    tree = file.tree
    if tree is None or _TESTS.search(file.path):
        return []
    found = _Walk(file)
    found.walk(tree)
    reached = found.reached()
    return [
        Use(capability, not function or function in reached, file.place(node), what)
        for capability, function, node, what in found.uses
    ]


class _Walk:
    """One pass over a tree: imported names, uses by function, and who calls whom by name."""

    def __init__(self, file: PythonFile) -> None:
        self.names: dict[str, str] = {}
        self.uses: list[tuple[Capability, str, ast.AST, str]] = []
        self.calls: dict[str, set[str]] = {}
        self.package = file.module.partition(".")[0]

    def walk(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.names[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        waiting: list[tuple[ast.AST, str]] = [(tree, "")]
        while waiting:
            node, function = waiting.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                outside = [
                    *node.decorator_list,
                    *node.args.defaults,
                    *(one for one in node.args.kw_defaults if one is not None),
                ]
                waiting += [(one, function) for one in outside]
                waiting += [(one, node.name) for one in node.body]
                continue
            if isinstance(node, ast.Lambda):
                waiting.append((node.body, function or "<lambda>"))
                continue
            if isinstance(node, ast.If) and _is_never_run(node):
                waiting += [(one, function) for one in node.orelse]
                continue
            self._look(node, function)
            waiting += [(one, function) for one in ast.iter_child_nodes(node)]

    def _look(self, node: ast.AST, function: str) -> None:
        if isinstance(node, ast.Call):
            name = dotted(node.func, self.names)
            if name:
                self.calls.setdefault(function, set()).add(name.rpartition(".")[2])
                self._name(name, node, function)
            self._writes(name, node, function)
        elif isinstance(node, ast.Attribute):
            name = dotted(node, self.names)
            if name in ("os.environ", "os.environb"):
                self.uses.append((Capability.ENVIRONMENT, function, node, name))
        elif isinstance(node, ast.Name) and self.names.get(node.id) in ("os.environ", "os.environb"):
            self.uses.append((Capability.ENVIRONMENT, function, node, "os.environ"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 300:
            match = _CREDENTIALS.search(node.value)
            if match is not None:
                self.uses.append((Capability.CREDENTIALS, function, node, match.group()))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._patches(target, function)

    def _name(self, name: str, node: ast.Call, function: str) -> None:
        for capability, pattern in _CALLS:
            if pattern.search(name):
                self.uses.append((capability, function, node, name))
                return
        if name == "setattr" and node.args and self._is_foreign(node.args[0]):
            self.uses.append(
                (Capability.PATCHING, function, node, f"setattr({dotted(node.args[0], self.names)}, …)")
            )
        elif name.endswith(("wrap_function_wrapper", "patch_function_wrapper")):
            self.uses.append((Capability.PATCHING, function, node, name))

    def _writes(self, name: str, node: ast.Call, function: str) -> None:
        if name in ("open", "io.open", "codecs.open"):
            mode = (
                node.args[1]
                if len(node.args) > 1
                else next((one.value for one in node.keywords if one.arg == "mode"), None)
            )
            path = node.args[0] if node.args else None
            is_temporary = (
                isinstance(path, ast.Constant)
                and isinstance(path.value, str)
                and _TEMPORARY.search(path.value)
            )
            if (
                isinstance(mode, ast.Constant)
                and isinstance(mode.value, str)
                and _WRITE_MODE.search(mode.value)
                and not is_temporary
            ):
                self.uses.append((Capability.WRITING, function, node, "open"))
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS_THAT_WRITE:
            self.uses.append((Capability.WRITING, function, node, node.func.attr))

    def _patches(self, target: ast.expr, function: str) -> None:
        if isinstance(target, ast.Attribute) and self._is_foreign(target.value):
            name = dotted(target, self.names)
            if not name.startswith(("os.environ", "sys.std", "sys.argv")):
                self.uses.append((Capability.PATCHING, function, target, name))

    def _is_foreign(self, node: ast.expr) -> bool:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name) or root.id not in self.names:
            return False
        return self.names[root.id].partition(".")[0] != self.package

    def reached(self) -> frozenset[str]:
        """Functions that the module's own statements call, and those that these call, by their names."""
        found: set[str] = set()
        waiting = list(self.calls.get("", ()))
        while waiting:
            name = waiting.pop()
            if name in self.calls and name not in found:
                found.add(name)
                waiting += self.calls[name]
        return frozenset(found)


def _is_never_run(node: ast.If) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":` are not run by an import."""
    test = node.test
    if isinstance(test, ast.Name | ast.Attribute):
        return (test.id if isinstance(test, ast.Name) else test.attr) == "TYPE_CHECKING"
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def describe(uses: list[Use]) -> Iterator[str]:
    """Each capability once, in words."""
    for capability in Capability:
        of_it = [one for one in uses if one.capability is capability]
        if of_it:
            yield f"{capability} at import" if any(one.is_at_import for one in of_it) else str(capability)
