"""Finds interpreters on this machine and has them compile the layer's sources."""

from __future__ import annotations

import ast
import base64
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dayfly.attach.layout import LayerError, Source, without_words

_LIMIT_S = 60.0
_PROBE = """
import sys
v = sys.version_info
print(sys.implementation.name, "%d.%d" % v[:2], v.releaselevel)
"""


def with_patterns(tree: ast.Module) -> ast.Module:
    """Have regular expressions of constants taken as compiled here: compiling the guard's is a sixth of its loading.

    What a `re.compile` makes of a constant goes into the bytecode, for the same version of the engine (`_sre.MAGIC`);
    any other compiles as written. Also run, as text, by the interpreters that compile the layer: it needs nothing but
    `ast` and `re`.
    """
    import re._compiler as compiler  # type: ignore[import-not-found]

    engine = compiler._sre
    taken: list[tuple[object, int, list[int], int, dict[str, int], tuple[str | None, ...]]] = []

    class Recorder:
        """Takes what the engine would be given."""

        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

        def compile(self, *given: object) -> None:
            taken.append(given)  # type: ignore[arg-type]

    class Compiled(ast.NodeTransformer):
        def visit_Call(self, call: ast.Call) -> ast.expr:
            self.generic_visit(call)
            if ast.unparse(call.func) != "re.compile" or call.keywords:
                return call
            try:
                given = [
                    eval(compile(ast.Expression(one), "", "eval"), {"re": re, "__builtins__": {}})
                    for one in call.args
                ]
            except NameError:
                return call
            compiler._sre = Recorder()
            try:
                compiler.compile(*given)
            finally:
                compiler._sre = engine
            text, flags, code, *rest = taken.pop()
            # Words of the engine's, as they lie in memory: a tuple of numbers is a quarter larger.
            words = b"".join(int(word).to_bytes(4, "little") for word in code)
            made = f"_sre.compile({text!r}, {int(flags)}, [*memoryview({words!r}).cast('I')], {', '.join(map(repr, rest))})"
            both = ast.parse(f"{made} if _sre.MAGIC == {engine.MAGIC} else 0", mode="eval").body
            assert isinstance(both, ast.IfExp)
            both.orelse = call
            for node in ast.walk(both):
                ast.copy_location(node, call)
            return both

    for at, statement in enumerate(tree.body):
        if isinstance(statement, ast.Import) and any(name.name == "re" for name in statement.names):
            Compiled().visit(tree)
            tree.body.insert(at, ast.copy_location(ast.Import([ast.alias("_sre")]), statement))
            break
    return ast.fix_missing_locations(tree)


# Unchecked hash-based: file times mean nothing in a layer, and nobody can write a newer source to /opt.
# https://docs.python.org/3/reference/import.html#pyc-invalidation
# Docstrings and annotations, which nothing reads at run time, are a sixth of the bytecode and of its loading;
# line numbers and assertions stay.
_COMPILE = f"""
from __future__ import annotations

import ast, base64, importlib.util, json, marshal, re, sys

{inspect.getsource(without_words)}
{inspect.getsource(with_patterns)}
done = {{}}
for path, text in json.load(sys.stdin):
    source = base64.b64decode(text)
    code = compile(with_patterns(without_words(ast.parse(source, path))), path, "exec", dont_inherit=True, optimize=0)
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(source)
    done[path] = base64.b64encode(head + marshal.dumps(code)).decode()
json.dump(done, sys.stdout)
"""


def find_python(version: str) -> Path | None:
    """Return a released CPython of this version that runs here, None if there is none. Blocking."""
    for candidate in _candidates(version):
        try:
            run = subprocess.run(
                [candidate, "-I", "-S", "-c", _PROBE], capture_output=True, text=True, timeout=_LIMIT_S
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        # A shim of a version manager is there for every version and fails for most.
        if run.returncode == 0 and run.stdout.split() == ["cpython", version, "final"]:
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    if sys.version_info[:2] == tuple(int(part) for part in version.split(".")):
        yield Path(sys.executable)
    name = f"python{version}"
    found = shutil.which(name)
    if found:
        yield Path(found)
    yield from (Path(folder, name) for folder in ("/usr/bin", "/usr/local/bin", "/var/lang/bin"))
    for pattern in (
        f".pyenv/versions/{version}.*/bin/{name}",
        f".local/share/uv/python/cpython-{version}.*/bin/{name}",
    ):
        yield from sorted(Path.home().glob(pattern))


def compile_sources(python: Path, sources: Sequence[Source]) -> Mapping[str, bytes]:
    """Return the bytecode of every source by its path; raises LayerError with the interpreter's words. Blocking."""
    wanted = [(source.path, base64.b64encode(source.text).decode()) for source in sources]
    try:
        run = subprocess.run(
            [python, "-S", "-c", _COMPILE],
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            # The order of sets in bytecode follows the hashes of their members. Columns, which only the display of a
            # traceback underlines, are a sixth of it.
            env={"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONNODEBUGRANGES": "1"},
            cwd="/",
            check=True,
        )
        done = json.loads(run.stdout)
    except subprocess.CalledProcessError as error:
        raise LayerError(
            f"{python} cannot compile Dayfly: {error.stderr.strip()[-500:]}",
            hint="omit it from --python, or reinstall dayfly",
        ) from error
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise LayerError(
            f"{python} did not compile Dayfly: {error}", hint="omit its version from --python"
        ) from error
    return {path: base64.b64decode(data) for path, data in done.items()}
