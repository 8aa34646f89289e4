"""CA bundles, parsed once in the zygote: contexts take the certificates from here and parse no file again.

Whom a context trusts stays what its maker asked for, and verification is OpenSSL's; only the parsing of a
file that has not changed is left out. Not watched: directories of certificates, certificates given as data,
and code that calls the C base class `_ssl._SSLContext` by its name. They are loaded as ever.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from types import ModuleType

    from dayfly._sys.trust import Trust

    Identity = tuple[int, int, int, int, int]

# Each costs init some milliseconds and the zygote about 1 MB.
MAX_BUNDLES = 4
# A file changed twice in one tick of the kernel's clock (10 ms at most) can look unchanged.
_SETTLED_NS = 50_000_000
_LOADED = "_dayfly_loaded"
_METHODS = ("load_verify_locations", "set_default_verify_paths")


def identify(path: object) -> Identity | None:
    """Return what tells this state of the file at `path` from any other; None where nothing does."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return None
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if abs(time.time_ns() - status.st_ctime_ns) < _SETTLED_NS:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def is_untouched(module: ModuleType) -> bool:
    """Say whether `module` (ssl) decides itself what is trusted; truststore, say, replaces its class."""
    kind = getattr(module, "SSLContext", None)
    if not isinstance(kind, type) or kind.__base__ is None or kind.__base__.__module__ != "_ssl":
        return False
    return all(name in vars(kind.__base__) and name not in vars(kind) for name in _METHODS)


def default_file(module: ModuleType) -> str:
    """Return the file that OpenSSL trusts by default, as `module` (ssl) says."""
    paths = module.get_default_verify_paths()
    chosen: str = os.environ.get(paths.openssl_cafile_env, paths.openssl_cafile)
    return chosen


class Bundles:
    """Parsed bundles by the identity of their files: a file that changed is another bundle.

    Without `trust` nothing can be copied, and only the second load of one file into one context is left out.
    """

    def __init__(self, module: ModuleType, trust: Trust | None) -> None:
        self._trust = trust
        self._module = module
        self._load = module.SSLContext.load_verify_locations
        self._parsed: dict[Identity, tuple[ssl.SSLContext, tuple[int, ...]]] = {}

    def parse(self, path: str) -> bool:
        """Parse `path` for later; False for a file that is no bundle or holds more than certificates."""
        identity = identify(path)
        if identity is None or self._trust is None:
            return False
        if identity in self._parsed:
            return True
        if len(self._parsed) >= MAX_BUNDLES:
            return False
        context = self._module.SSLContext(self._module.PROTOCOL_TLS_CLIENT)
        try:
            self._load(context, path)
        except (OSError, ValueError):
            return False
        certificates = self._trust.certificates(context)
        if not certificates or identify(path) != identity or not self._is_true_copy(context, certificates):
            return False
        self._parsed[identity] = (context, certificates)
        return True

    def give(self, context: ssl.SSLContext, path: object) -> bool:
        """Have `context` trust the file at `path` without parsing it; False where it has to be loaded."""
        identity = identify(path)
        state = getattr(context, "__dict__", None)
        if identity is None or state is None:
            return False
        if identity in state.get(_LOADED, ()):
            return True
        parsed = self._parsed.get(identity)
        if self._trust is None or parsed is None or not self._trust.add(context, parsed[1]):
            return False
        state.setdefault(_LOADED, set()).add(identity)
        return True

    def give_defaults(self, context: ssl.SSLContext) -> bool:
        """Have `context` trust OpenSSL's default paths; False where they have to be loaded."""
        path = default_file(self._module)
        return (
            self._trust is not None
            and self.give(context, path)
            and self._trust.add_default_directory(context)
        )

    def serve(self) -> None:
        """Have every `ssl.SSLContext` look here before it parses a file; must be called once."""
        kind = self._module.SSLContext
        base = vars(kind.__base__)
        load, set_default = (base[name] for name in _METHODS)

        def load_verify_locations(
            self: ssl.SSLContext, cafile: object = None, capath: object = None, cadata: object = None
        ) -> None:
            if cafile is None or capath is not None or cadata is not None:
                load(self, cafile, capath, cadata)
            elif not give(self, cafile):
                identity = identify(cafile)
                load(self, cafile)
                if identity is not None and identity == identify(cafile):
                    vars(self).setdefault(_LOADED, set()).add(identity)

        def set_default_verify_paths(self: ssl.SSLContext) -> None:
            if not give_defaults(self):
                set_default(self)

        give, give_defaults = self.give, self.give_defaults
        for replacement in (load_verify_locations, set_default_verify_paths):
            replacement.__qualname__ = f"SSLContext.{replacement.__name__}"
            replacement.__doc__ = base[replacement.__name__].__doc__
            setattr(kind, replacement.__name__, replacement)

    def _is_true_copy(self, context: ssl.SSLContext, certificates: tuple[int, ...]) -> bool:
        """Try whether the interpreter sees what was found in `context`, and one of it in a context of our own that takes it."""
        copy = self._module.SSLContext(self._module.PROTOCOL_TLS_CLIENT)
        is_copied = self._trust is not None and self._trust.add(copy, certificates[:1])
        held, taken = context.cert_store_stats(), copy.cert_store_stats()
        return is_copied and (held["x509"], held["crl"]) == (len(certificates), 0) and taken["x509"] == 1
