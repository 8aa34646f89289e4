"""Python's object model, as far as classes of the project may bend it: attributes, making, entering, leaving."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import checks

COMMAND = "event.command"

# Lines before the handler, and a body in which WORD is tainted or constant.
BENT: dict[str, tuple[str, str]] = {
    "exit": (
        (
            "class C:\n def __init__(self, x): self.x = x\n def __enter__(self): return self\n"
            " def __exit__(self, *rest): os.system(self.x)"
        ),
        "with C(WORD):\n pass",
    ),
    "exit after return": (
        (
            "class C:\n def __init__(self, x): self.x = x\n def __enter__(self): return self\n"
            " def __exit__(self, *rest): os.system(self.x)"
        ),
        "with C(WORD):\n return 1",
    ),
    "behind an exit that ends exceptions": (
        "class C:\n def __enter__(self): return self\n def __exit__(self, *rest): return True",
        "with C():\n raise ValueError('x')\nos.system(WORD)",
    ),
    "metaclass call": (
        "class M(type):\n def __call__(cls, x): os.system(x)\nclass C(metaclass=M): pass",
        "C(WORD)",
    ),
    "metaclass attribute": (
        "class M(type):\n def run(cls, x): os.system(x)\nclass C(metaclass=M): pass",
        "C.run(WORD)",
    ),
    "metaclass getattr": (
        "class M(type):\n def __getattr__(cls, name): return os.system\nclass C(metaclass=M): pass",
        "C.anything(WORD)",
    ),
    "singleton": (
        (
            "class M(type):\n made = {}\n def __call__(cls, *a, **k):\n  if cls not in M.made:\n"
            "   M.made[cls] = super().__call__(*a, **k)\n  return M.made[cls]\n"
            "class C(metaclass=M):\n def run(self, x): os.system(x)"
        ),
        "C().run(WORD)",
    ),
    "new": ("class C:\n def __new__(cls, x):\n  os.system(x)\n  return super().__new__(cls)", "C(WORD)"),
    "new of another class": (
        "class D:\n def run(self, x): os.system(x)\nclass C:\n def __new__(cls): return D()\n def run(self, x): pass",
        "C().run(WORD)",
    ),
    "init after new": (
        "class C:\n def __new__(cls, x): return super().__new__(cls)\n def __init__(self, x): os.system(x)",
        "C(WORD)",
    ),
    "subclass hook": (
        "class B:\n def __init_subclass__(cls, x=None, **more): os.system(x)",
        "class C(B, x=WORD):\n pass",
    ),
    "name hook": (
        "class D:\n def __init__(self, x): self.x = x\n def __set_name__(self, owner, name): os.system(self.x)",
        "class C:\n d = D(WORD)",
    ),
    "property object": ("class C:\n def s(self, x): os.system(x)\n x = property(None, s)", "C().x = WORD"),
    "setattr": ("class C:\n def __setattr__(self, name, x): os.system(x)", "C().x = WORD"),
    "setattr that keeps": (
        "class C:\n def __setattr__(self, name, x): super().__setattr__(name, x)",
        "c = C()\nc.x = WORD\nos.system(c.x)",
    ),
    "getattribute": ("class C:\n def __getattribute__(self, name): return os.system", "C().anything(WORD)"),
    "getattribute that passes on": (
        "class C:\n def __getattribute__(self, name): return object.__getattribute__(self, name)",
        "c = C()\nc.x = WORD\nos.system(c.x)",
    ),
    "class item": ("class C:\n def __class_getitem__(cls, x): os.system(x)", "C[WORD]"),
    "deleted item": ("class C:\n def __delitem__(self, x): os.system(x)", "c = C()\ndel c[WORD]"),
    "format": ("class C:\n def __format__(self, x):\n  os.system(x)\n  return ''", "f'{C():{WORD}}'"),
    "format function": (
        "class C:\n def __format__(self, x):\n  os.system(x)\n  return ''",
        "format(C(), WORD)",
    ),
    "next": (
        (
            "class C:\n def __init__(self, x): self.x = x\n def __iter__(self): return self\n"
            " def __next__(self): return self.x"
        ),
        "for x in C(WORD):\n os.system(x)",
    ),
    "items by number": (
        "class C:\n def __init__(self, x): self.x = x\n def __getitem__(self, number): return self.x",
        "for x in C(WORD):\n os.system(x)",
    ),
}


def _source(before: str, body: str, word: str) -> str:
    lines = textwrap.indent(body.replace("WORD", word), "    ")
    return f"import os\n{before}\ndef handler(event, context):\n{lines}\n"


@pytest.mark.parametrize("name", BENT)
def test_what_the_class_says_is_done(name: str) -> None:
    assert COMMAND in checks(_source(*BENT[name], "event['q']"))


@pytest.mark.parametrize("name", BENT)
def test_a_constant_in_the_same_place_is_no_finding(name: str) -> None:
    assert COMMAND not in checks(_source(*BENT[name], "'ls'"))


@pytest.mark.parametrize(
    ("before", "body"),
    [
        (
            "class C:\n def __setattr__(self, name, x): super().__setattr__(name, int(x))",
            "c = C()\nc.x = event['q']\nos.system(c.x)",
        ),
        (
            "class C:\n def __enter__(self): return self\n def __exit__(self, *rest): return False",
            "with C():\n return 1\nos.system(event['q'])",
        ),
        (
            "class C:\n def __enter__(self): return self\n def __exit__(self, *rest): pass",
            "with C():\n raise ValueError('x')\nos.system(event['q'])",
        ),
        (
            (
                "class M(type):\n def __call__(cls, x): return super().__call__(int(x))\n"
                "class C(metaclass=M):\n def __init__(self, x): os.system(x)"
            ),
            "C(event['q'])",
        ),
        ("class C:\n def __format__(self, x): return 'ls'", "os.system(f'{C():{event[\"q\"]}}')"),
    ],
)
def test_a_class_that_makes_it_harmless_is_believed(before: str, body: str) -> None:
    assert COMMAND not in checks(_source(before, body, ""))
