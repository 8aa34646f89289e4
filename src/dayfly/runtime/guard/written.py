"""The function's own text with that of the libraries whose business is to write code or statements."""

from __future__ import annotations

import sys

from dayfly.runtime.guard import owntext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.trusted_literals import OwnText

# Libraries whose business is to write code: what they are told to write is judged together with their own text.
GENERATORS = frozenset(
    "pydantic typing falcon collections msgspec sqlalchemy functools dataclasses chameleon "
    "fastjsonschema cattrs networkx decorator mako bottle enum _collections_abc attrs jinja2 attr wrapt "
    "babel".split()
)
# Those of them that write the methods of classes with fields.
FIELD_NAMERS = frozenset({"attr._make", "dataclasses"})
# Where these have the texts that they put together; with a dot at the end, all modules below.
WRITERS = tuple(
    "attr._make babel.plural bottle cattrs.gen cattrs.gen. chameleon. collections dataclasses decorator "
    "enum falcon.routing.compiled fastjsonschema. functools jinja2.compiler jinja2.runtime mako.codegen "
    "networkx.utils.decorators psycopg. sqlalchemy.dialects. sqlalchemy.sql.compiler "
    "sqlalchemy.sql.traversals sqlalchemy.util.langhelpers typing typing_extensions".split()
)


class Written:
    """Own text with that of the `writers` that are loaded; they are looked at again where modules were."""

    __slots__ = ("_count", "_loaded", "_own", "_text", "_writers")

    def __init__(self, own: OwnText, writers: tuple[str, ...] = WRITERS) -> None:
        self._own = self._text = own
        self._writers = writers
        self._loaded: tuple[str, ...] = ()
        self._count = 0

    def now(self) -> OwnText:
        count = len(sys.modules)
        if count != self._count:
            loaded = tuple(owntext.named(list(sys.modules), self._writers))
            if loaded != self._loaded:
                self._text = self._own.with_generators(lambda: owntext.library_texts(self._writers))
                self._loaded = loaded
            # Last: another thread may ask meanwhile.
            self._count = count
        return self._text
