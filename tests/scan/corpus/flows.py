"""Ways of a value through code that decide between the caller's text and a constant: a table.

Every flow is written as twins (`twins.py`): in the unsafe one `value` becomes `name`, what the caller chose; in
the safe one a constant or what an allow list let through. `@clean` stands for a constant that is harmless at
the sink, `@reject` for leaving the handler, `@wait(x)` for waiting for a coroutine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(Enum):
    """What a flow needs of the values that go through it."""

    CHOICE = "picks one of two values of any type"
    TEXT = "picks one of two texts by operations on text"
    EXACT = "lets only known values through"
    PATTERN = "lets only texts of a pattern through"
    CHARACTERS = "lets only harmless characters through"


@dataclass(frozen=True, slots=True)
class Flow:
    """`module` stands above the handler, `body` in it; `files` are further modules."""

    construct: str
    kind: Kind
    body: str
    module: str = ""
    imports: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


FLOWS: tuple[Flow, ...] = (
    Flow("constant", Kind.CHOICE, "-value = name\n+value = @clean"),
    Flow(
        "dead branch",
        Kind.CHOICE,
        "limit = 10\n-if limit * 4 > 30:\n+if limit * 4 < 30:\n    value = name\nelse:\n    value = @clean",
    ),
    Flow(
        "conditional expression over constants",
        Kind.CHOICE,
        "weight = 86\n-value = name if 7 * 42 - weight > 200 else @clean\n+value = @clean if 7 * 42 - weight > 200 else name",
    ),
    Flow(
        "module constant decides",
        Kind.CHOICE,
        'if MODE == "direct":\n    value = name\nelse:\n    value = @clean',
        module='-MODE = "direct"\n+MODE = "fixed"',
    ),
    Flow(
        "dict key",
        Kind.CHOICE,
        'settings = {"label": @clean, "target": name}\n-value = settings["target"]\n+value = settings["label"]',
    ),
    Flow(
        "dict key assigned",
        Kind.CHOICE,
        'box = {}\nbox["first"] = @clean\nbox["second"] = name\nbox["third"] = @clean\n'
        '-value = box["second"]\n+value = box["third"]',
    ),
    Flow(
        "dict key assigned again",
        Kind.CHOICE,
        'box = {"target": @clean}\nbox["target"] = name\n-box["label"] = @clean\n+box["target"] = @clean\nvalue = box.get("target")',
    ),
    Flow(
        "nested dict",
        Kind.CHOICE,
        'job = {"input": {"raw": name}, "output": {"raw": @clean}}\n-value = job["input"]["raw"]\n+value = job["output"]["raw"]',
    ),
    Flow("list index", Kind.CHOICE, "parts = [@clean, name, @clean]\n-value = parts[1]\n+value = parts[-1]"),
    Flow(
        "list after append and pop",
        Kind.CHOICE,
        "parts = []\nparts.append(@clean)\nparts.append(name)\nparts.append(@clean)\nparts.pop(0)\n-value = parts[0]\n+value = parts[1]",
    ),
    Flow(
        "list insert and slice",
        Kind.CHOICE,
        "parts = [@clean, @clean]\nparts.insert(1, name)\n-value = parts[1:][0]\n+value = parts[2:][0]",
    ),
    Flow(
        "tuple swap",
        Kind.CHOICE,
        "left, right = @clean, name\nleft, right = right, left\n-value = left\n+value = right",
    ),
    Flow("assigned again", Kind.CHOICE, "value = name\n-other = @clean\n+value = @clean"),
    Flow(
        "string slice",
        Kind.TEXT,
        "joined = @clean + name\n-value = joined[len(@clean):]\n+value = joined[:len(@clean)]",
    ),
    Flow(
        "string slice by numbers",
        Kind.TEXT,
        "joined = @clean + name\n-value = joined[@length:]\n+value = joined[:@length]",
    ),
    Flow(
        "partition",
        Kind.TEXT,
        'joined = @clean + "|" + name\n-value = joined.partition("|")[2]\n+value = joined.partition("|")[0]',
    ),
    Flow(
        "split",
        Kind.TEXT,
        'joined = ",".join([@clean, name, @clean])\n-value = joined.split(",")[1]\n+value = joined.split(",")[0]',
    ),
    Flow(
        "format by position",
        Kind.TEXT,
        '-value = "{1}".format(@clean, name)\n+value = "{0}".format(@clean, name)',
    ),
    Flow(
        "format by name",
        Kind.TEXT,
        '-value = "%(target)s" % {"label": @clean, "target": name}\n+value = "%(label)s" % {"label": @clean, "target": name}',
    ),
    Flow(
        "Base64 round trip",
        Kind.TEXT,
        "-packed = base64.b64encode(name.encode())\n+packed = base64.b64encode(@clean.encode())\nvalue = base64.b64decode(packed).decode()",
        imports="import base64",
    ),
    Flow(
        "JSON round trip",
        Kind.TEXT,
        'packed = json.dumps({"label": @clean, "target": name})\n-value = json.loads(packed)["target"]\n+value = json.loads(packed)["label"]',
        imports="import json",
    ),
    Flow(
        "configparser",
        Kind.TEXT,
        'config = configparser.ConfigParser(interpolation=None)\nconfig.add_section("job")\n'
        'config.set("job", "label", @clean)\nconfig.set("job", "target", name)\n'
        '-value = config.get("job", "target")\n+value = config.get("job", "label")',
        imports="import configparser",
    ),
    Flow(
        "match over a constant",
        Kind.CHOICE,
        '-letter = "ABC"[1]\n+letter = "ABC"[2]\nmatch letter:\n    case "A":\n        value = @clean\n'
        '    case "B":\n        value = name\n    case "C" | "D":\n        value = @clean\n    case _:\n        value = @clean',
    ),
    Flow(
        "match destructuring",
        Kind.CHOICE,
        'job = ("copy", @clean, name)\nmatch job:\n-    case ("copy", _, value):\n+    case ("copy", value, _):\n'
        "        pass\n    case _:\n        value = @clean",
    ),
    Flow(
        "function in another file",
        Kind.CHOICE,
        "value = pick(@clean, name)",
        imports="from lib.picking import pick",
        files={
            "lib/__init__.py": "",
            "lib/picking.py": "def pick(first, second):\n-    return second\n+    return first",
        },
    ),
    Flow(
        "module attribute and alias",
        Kind.CHOICE,
        "-value = picking.pass_on(name)\n+value = picking.replace(name)",
        imports="import lib.picking as picking",
        files={
            "lib/__init__.py": "",
            "lib/picking.py": "def pass_on(text):\n    return text\n\n\ndef replace(text):\n    return @clean",
        },
    ),
    Flow(
        "class state",
        Kind.CHOICE,
        "job = Job(name, @clean)\n-value = job.target\n+value = job.label",
        module="class Job:\n    def __init__(self, target, label):\n        self.target = target\n        self.label = label",
    ),
    Flow(
        "class state set by a method",
        Kind.CHOICE,
        "job = Job()\njob.take(name)\n-job.reset_label()\n+job.reset_target()\nvalue = job.current()",
        module=(
            "class Job:\n    def __init__(self):\n        self._target = @clean\n        self._label = @clean\n\n"
            "    def take(self, text):\n        self._target = text\n\n"
            "    def reset_target(self):\n        self._target = @clean\n\n"
            "    def reset_label(self):\n        self._label = @clean\n\n"
            "    def current(self):\n        return self._target"
        ),
    ),
    Flow(
        "overridden method in another file",
        Kind.CHOICE,
        "-job = Plain()\n+job = Fixed()\nvalue = job.prepare(name)",
        imports="from lib.jobs import Fixed, Plain",
        files={
            "lib/__init__.py": "",
            "lib/jobs.py": (
                "class Plain:\n    def prepare(self, text):\n        return self.choose(text)\n\n"
                "    def choose(self, text):\n        return text\n\n\n"
                "class Fixed(Plain):\n    def choose(self, text):\n        return @clean"
            ),
        },
    ),
    Flow(
        "property",
        Kind.CHOICE,
        "job = Job(name)\n-value = job.target\n+value = job.label",
        module=(
            "class Job:\n    def __init__(self, text):\n        self._text = text\n\n"
            "    @property\n    def target(self):\n        return self._text\n\n"
            "    @property\n    def label(self):\n        return @clean"
        ),
    ),
    Flow(
        "dataclass",
        Kind.CHOICE,
        "job = Job(target=name)\n-value = job.target\n+value = job.label",
        module="@dataclass(frozen=True)\nclass Job:\n    target: str\n    label: str = @clean",
        imports="from dataclasses import dataclass",
    ),
    Flow(
        "named tuple",
        Kind.CHOICE,
        "job = Job(@clean, name)\n-value = job.target\n+value = job.label",
        module='Job = namedtuple("Job", ["label", "target"])',
        imports="from collections import namedtuple",
    ),
    Flow(
        "decorator that replaces the argument",
        Kind.CHOICE,
        "value = prepare(name)",
        module=(
            "def defaulting(function):\n    @functools.wraps(function)\n    def replaced(text):\n"
            "-        return function(text)\n+        return function(@clean)\n\n    return replaced\n\n\n"
            "@defaulting\ndef prepare(text):\n    return text"
        ),
        imports="import functools",
    ),
    Flow(
        "decorator with an argument",
        Kind.CHOICE,
        "value = prepare(name)",
        module=(
            "def keeping(index):\n    def decorate(function):\n        def chosen(*values):\n"
            "            return function(values[index])\n\n        return chosen\n\n    return decorate\n\n\n"
            "-@keeping(0)\n+@keeping(1)\ndef select(value):\n    return value\n\n\n"
            "def prepare(text):\n    return select(text, @clean)"
        ),
    ),
    Flow(
        "coroutine",
        Kind.CHOICE,
        "value = @wait(fetch(name))",
        module="async def fetch(text):\n    await asyncio.sleep(0)\n-    return text\n+    return @clean",
        imports="import asyncio",
    ),
    Flow(
        "gathered coroutines",
        Kind.CHOICE,
        "first, second = @wait(both(name))\n-value = second\n+value = first",
        module=(
            "async def echo(text):\n    return text\n\n\n"
            "async def both(text):\n    return await asyncio.gather(echo(@clean), echo(text))"
        ),
        imports="import asyncio",
    ),
    Flow(
        "closure",
        Kind.CHOICE,
        "keep = make_keeper(name, @clean)\nvalue = keep()",
        module=(
            "def make_keeper(target, label):\n    def keep():\n-        return target\n+        return label\n\n    return keep"
        ),
    ),
    Flow(
        "lambda in a table",
        Kind.CHOICE,
        '-value = OPERATIONS["pass"](name)\n+value = OPERATIONS["fix"](name)',
        module='OPERATIONS = {"pass": lambda text: text, "fix": lambda text: @clean}',
    ),
    Flow(
        "partial",
        Kind.CHOICE,
        "-value = partial(pick, name)(@clean)\n+value = partial(pick, @clean)(name)",
        module="def pick(first, second):\n    return first",
        imports="from functools import partial",
    ),
    Flow(
        "callback",
        Kind.CHOICE,
        "-value = apply(lambda text: text, name)\n+value = apply(lambda text: @clean, name)",
        module="def apply(operation, text):\n    return operation(text)",
    ),
    Flow(
        "dict comprehension",
        Kind.CHOICE,
        'pairs = [("label", @clean), ("target", name)]\nbox = {key: item for key, item in pairs}\n'
        '-value = box["target"]\n+value = box["label"]',
    ),
    Flow(
        "list comprehension over one of two lists",
        Kind.CHOICE,
        "given = [name, name]\nfixed = [@clean, @clean]\n-value = [item for item in given][0]\n+value = [item for item in fixed][0]",
    ),
    Flow(
        "generator",
        Kind.CHOICE,
        "-_, value = walk(name)\n+value, _ = walk(name)",
        module="def walk(text):\n    yield @clean\n    yield text",
    ),
    Flow(
        "loop over constants",
        Kind.CHOICE,
        "value = @clean\nfor step in (1, 2, 3):\n-    if step == 2:\n+    if step == 4:\n        value = name",
    ),
    Flow(
        "keyword arguments",
        Kind.CHOICE,
        "value = pick(label=@clean, target=name)",
        module='def pick(**options):\n-    return options["target"]\n+    return options["label"]',
    ),
    Flow(
        "star arguments",
        Kind.CHOICE,
        "values = (name, @clean)\nvalue = pick(*values)",
        module="def pick(*texts):\n-    return texts[0]\n+    return texts[1]",
    ),
    Flow(
        "default argument",
        Kind.CHOICE,
        "-value = pick(text=name)\n+value = pick(other=name)",
        module="def pick(text=@clean, other=None):\n    return text",
    ),
    Flow(
        "context manager",
        Kind.CHOICE,
        "with opened(name, @clean) as value:\n    pass",
        module=("@contextmanager\ndef opened(target, label):\n-    yield target\n+    yield label"),
        imports="from contextlib import contextmanager",
    ),
    Flow(
        "try and else",
        Kind.CHOICE,
        "try:\n    ready = len([1, 2])\nexcept TypeError:\n-    value = @clean\n+    value = name\nelse:\n-    value = name\n+    value = @clean",
    ),
    Flow(
        "walrus",
        Kind.CHOICE,
        "-if (value := name) is not None:\n+if (value := @clean) is not None:\n    name = None",
    ),
    # Guards: what the caller sends goes on, if it is one of what was expected.
    Flow(
        "allow list",
        Kind.EXACT,
        "if name not in ALLOWED:\n-    pending = True\n+    @reject\nvalue = name",
        module='ALLOWED = {@clean, "other"}',
    ),
    Flow(
        "allow list, positive",
        Kind.EXACT,
        "-value = name or @clean\n+value = @clean\nif name in ALLOWED:\n    value = name",
        module='ALLOWED = (@clean, "other")',
    ),
    Flow(
        "lookup in a table",
        Kind.EXACT,
        "-value = TABLE.get(name, name)\n+value = TABLE.get(name, @clean)",
        module='TABLE = {"first": @clean, "second": @clean}',
    ),
    Flow(
        "comparison with constants",
        Kind.EXACT,
        'if name == @clean:\n    value = name\nelif name == "second":\n    value = @clean\nelse:\n-    value = name\n+    @reject',
    ),
    Flow(
        "enum",
        Kind.EXACT,
        "-value = name or Known.FIRST.value\n+value = Known(name).value",
        module='class Known(Enum):\n    FIRST = @clean\n    SECOND = "other"',
        imports="from enum import Enum",
    ),
    Flow(
        "validator in another file that raises",
        Kind.EXACT,
        "-is_known(name)\n+require_known(name)\nvalue = name",
        imports="from lib.checks import is_known, require_known",
        files={
            "lib/__init__.py": "",
            "lib/checks.py": (
                'ALLOWED = frozenset({@clean, "other"})\n\n\n'
                "def is_known(text):\n    return text in ALLOWED\n\n\n"
                'def require_known(text):\n    if not is_known(text):\n        raise ValueError("unknown")'
            ),
        },
    ),
    Flow(
        "validator whose answer is asked",
        Kind.EXACT,
        'if not is_known(name):\n-    print("unknown")\n+    @reject\nvalue = name',
        module='def is_known(text):\n    return text in (@clean, "other")',
    ),
    Flow(
        "decorator that checks",
        Kind.EXACT,
        "value = prepare(name)",
        module=(
            'ALLOWED = {@clean, "other"}\n\n\n'
            "def checked(function):\n    @functools.wraps(function)\n    def checking(text):\n"
            "-        if text is None:\n+        if text not in ALLOWED:\n"
            '            raise ValueError("unknown")\n        return function(text)\n\n    return checking\n\n\n'
            "@checked\ndef prepare(text):\n    return text"
        ),
        imports="import functools",
    ),
    Flow(
        "regular expression guard",
        Kind.PATTERN,
        '-if re.match(r"@pattern", name) is None:\n+if re.fullmatch(r"@pattern", name) is None:\n    @reject\nvalue = name',
        imports="import re",
    ),
    Flow(
        "compiled regular expression",
        Kind.PATTERN,
        "-if not KNOWN.search(name):\n+if not KNOWN.fullmatch(name):\n    @reject\nvalue = name",
        module='KNOWN = re.compile(r"@pattern")',
        imports="import re",
    ),
    Flow(
        "int",
        Kind.CHARACTERS,
        "-value = str(name)\n+value = str(int(name))",
    ),
    Flow(
        "int or a constant",
        Kind.CHARACTERS,
        "try:\n    value = str(int(name))\nexcept ValueError:\n-    value = name\n+    value = @clean",
    ),
    Flow(
        "character class",
        Kind.CHARACTERS,
        "-if len(name) > 500:\n+if not name.isdecimal():\n    @reject\nvalue = name",
    ),
    Flow(
        "every character",
        Kind.CHARACTERS,
        "-if not any(letter in string.digits for letter in name):\n"
        "+if not all(letter in string.digits for letter in name):\n    @reject\nvalue = name",
        imports="import string",
    ),
    Flow(
        "filtered characters",
        Kind.CHARACTERS,
        '-value = "".join(letter for letter in name if letter != "\\0")\n+value = "".join(letter for letter in name if letter.isdigit())',
    ),
    Flow(
        "replaced characters",
        Kind.CHARACTERS,
        '-value = re.sub(r"[0-9]{40}", "", name)\n+value = re.sub(r"[^0-9]", "", name)',
        imports="import re",
    ),
    Flow("length", Kind.CHARACTERS, "-value = name[:200]\n+value = str(len(name))"),
)
