"""The workloads: handlers of our own in the style of public suites, and pyperformance's benchmarks as handlers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.contestants import Function

HANDLERS = Path(__file__).parent / "handlers"
REQUIREMENTS = Path(__file__).parent / "requirements.txt"

Suite = Literal["FunctionBench", "SeBS", "FaaSProfiler", "pyperformance", "own"]

# Where the suites are described. Only what their functions do was taken from there; no code of theirs is here.
SOURCES: Mapping[Suite, str] = {
    "FunctionBench": "https://github.com/ddps-lab/serverless-faas-workbench",
    "SeBS": "https://github.com/spcl/serverless-benchmarks",
    "FaaSProfiler": "https://github.com/PrincetonUniversity/faas-profiler",
    "pyperformance": "https://github.com/python/pyperformance",
    "own": "",
}


@dataclass(frozen=True)
class Workload:
    """One function. `does_as` names what it was written after, `environment` what it needs to be told.

    `folder` is copied for each contestant. `packages`: it uses packages of REQUIREMENTS, so only who runs in that
    environment's interpreter can run it.
    """

    name: str
    suite: Suite
    does_as: str
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = HANDLERS
    packages: bool = False

    @property
    def is_public(self) -> bool:
        """Does it run somebody else's code unchanged?"""
        return self.suite == "pyperformance"

    def function(self) -> Function:
        """What is run."""
        return Function(self.name, self.handler, self.folder, self.environment)


def _own(name: str, suite: Suite, does_as: str, *, packages: bool = False) -> Workload:
    return Workload(name, suite, does_as, f"{name}.handler", packages=packages)


def _public(script: str, *, entry: str = "", arguments: str = "") -> Workload:
    told = {"SCRIPT": script, "ENTRY": entry, "ARGUMENTS": arguments}
    return Workload(
        f"pyperformance-{(entry or script).replace('_', '-')}",
        "pyperformance",
        entry or script,
        "public.handler",
        {name: value for name, value in told.items() if value},
        packages=True,
    )


OWN = (
    _own("echo", "own", "no work"),
    _own("wait", "SeBS", "sleep"),
    _own("html_table", "FunctionBench", "chameleon", packages=True),
    _own("html_page", "SeBS", "dynamic-html", packages=True),
    _own("markdown_page", "FaaSProfiler", "markdown-to-html", packages=True),
    _own("json_documents", "FunctionBench", "json_dumps_loads"),
    _own("base64_text", "FaaSProfiler", "base64-python"),
    _own("primes", "FaaSProfiler", "primes-python"),
    _own("float_operations", "FunctionBench", "float_operation"),
    _own("matmul", "FunctionBench", "matmul", packages=True),
    _own("linpack", "FunctionBench", "linpack", packages=True),
    _own("aes", "FunctionBench", "pyaes", packages=True),
    _own("thumbnail", "SeBS", "thumbnailer", packages=True),
    _own("archive", "SeBS", "compression"),
    _own("disk", "FunctionBench", "gzip_compression"),
    _own("graph_search", "SeBS", "graph-bfs"),
    _own("graph_rank", "SeBS", "graph-pagerank"),
    _own("graph_tree", "SeBS", "graph-mst"),
    _own("dna", "SeBS", "dna-visualisation"),
    _own("log_lines", "own", "a log searched by regular expressions"),
    _own("orders", "own", "SQLite in memory"),
    _own("lazy_model", "FunctionBench", "model serving, loaded by the first event", packages=True),
)

# Of pyperformance's default group, one entry each of those that are quick and unlike each other.
PUBLIC = (
    _public("chameleon"),
    _public("comprehensions"),
    _public("deepcopy"),
    _public("deltablue"),
    _public("gc_traversal"),
    _public("json_dumps"),
    _public("logging", entry="logging_format"),
    _public("mako"),
    _public("pickle", entry="pickle", arguments="pickle"),
    _public("sqlalchemy_imperative"),
    _public("sqlglot_v2", entry="sqlglot_v2_transpile", arguments="transpile"),
    _public("sqlite_synth"),
)

_SLOW = "one run takes longer than 30 ms: what a protection adds would be lost in it"
_LIKE = "much like another that is here"
_NETWORK = "opens a server and talks to it: no function of Lambda's listens"
_PROCESSES = "starts processes of its own: what it measures is not the function's process"
# By script: why no entry of it is above.
LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        [
            "async_generators",
            "async_tree",
            "barnes_hut",
            "bpe_tokeniser",
            "chaos",
            "coverage",
            "crypto_pyaes",
            "decimal_factorial",
            "decimal_pi",
            "django_template",
            "docutils",
            "dulwich_log",
            "fannkuch",
            "float",
            "generators",
            "genshi",
            "go",
            "html5lib",
            "mdp",
            "meteor_contest",
            "nbody",
            "networkx",
            "nqueens",
            "pidigits",
            "pprint",
            "pyflate",
            "raytrace",
            "regex_compile",
            "regex_dna",
            "regex_v8",
            "richards",
            "richards_super",
            "scimark",
            "spectral_norm",
            "sphinx",
            "sympy",
            "telco",
            "tomli_loads",
            "xdsl",
            "xml_etree",
        ],
        _SLOW,
    ),
    **dict.fromkeys(
        [
            "argparse",
            "base64",
            "coroutines",
            "gc_collect",
            "hexiom",
            "json_loads",
            "regex_effbot",
            "sqlalchemy_declarative",
            "typing_runtime_protocols",
            "unpack_sequence",
            "yaml",
        ],
        _LIKE,
    ),
    **dict.fromkeys(["asyncio_tcp", "asyncio_websockets", "fastapi", "tornado_http"], _NETWORK),
    **dict.fromkeys(["2to3", "concurrent_imap", "dask", "hg_startup", "python_startup"], _PROCESSES),
    "pathlib": "its files are gone once its script has ended, before a handler could be called",
}
# What the three suites have besides and why it is not here.
SUITES_LEFT_OUT: Mapping[str, str] = {
    "uploads, downloads, object stores, queues": "need a network",
    "video processing": "needs ffmpeg, a program and not a Python function",
    "optical character recognition": "needs tesseract",
    "image and face recognition, language models": "need trained models that are not to be had without a network",
    "map-reduce, feature generation": "chains of functions",
}

ALL = (*OWN, *PUBLIC)
BY_NAME: Mapping[str, Workload] = {workload.name: workload for workload in ALL}
# What all protections run: none of them uses a package, which a protection with an interpreter of its own has not.
EVERYBODY_RUNS = tuple(BY_NAME[name] for name in ("echo", "json_documents", "archive", "log_lines", "orders"))
# One of each kind, for a look that takes two minutes.
QUICK = tuple(
    BY_NAME[name] for name in ("echo", "html_page", "thumbnail", "lazy_model", "pyperformance-deltablue")
)
