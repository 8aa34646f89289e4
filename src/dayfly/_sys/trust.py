"""Copies trusted certificates from one TLS context to another, by reference and not by parsing.

The interpreter's own libssl is asked through ctypes, and only where everything about it is as known:
"unsupported" is a return value. Each context keeps a store of its own, so that whatever is added to one
later never reaches another.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes
    import ssl
    from types import ModuleType

# PySSLContext begins with the object's head and the SSL_CTX pointer in these versions, Modules/_ssl.c:
# https://github.com/python/cpython/blob/v3.14.0/Modules/_ssl.c (struct PySSLContext).
_KNOWN_VERSIONS = ((3, 11), (3, 14))
_X509_LU_X509 = 1
_NEEDED = (
    "OPENSSL_sk_num",
    "OPENSSL_sk_value",
    "OpenSSL_version",
    "SSL_CTX_get_cert_store",
    "SSL_CTX_set_default_verify_dir",
    "X509_OBJECT_get0_X509",
    "X509_OBJECT_get_type",
    "X509_STORE_add_cert",
    "X509_STORE_get0_objects",
    "ERR_clear_error",
)


class Trust:
    """The interpreter's libssl; made by `open_trust`."""

    __slots__ = ("_library", "_offset")

    def __init__(self, library: ctypes.PyDLL, offset: int) -> None:
        self._library = library
        self._offset = offset

    def certificates(self, context: ssl.SSLContext) -> tuple[int, ...]:
        """Return addresses of the context's trusted certificates; () where it has anything else, as CRLs.

        They are valid as long as `context` lives and nothing is loaded into it.
        """
        library = self._library
        objects = library.X509_STORE_get0_objects(self._store(context))
        found: list[int] = []
        for index in range(library.OPENSSL_sk_num(objects)):
            item = library.OPENSSL_sk_value(objects, index)
            if library.X509_OBJECT_get_type(item) != _X509_LU_X509:
                return ()
            found.append(library.X509_OBJECT_get0_X509(item))
        return tuple(found)

    def add(self, context: ssl.SSLContext, certificates: tuple[int, ...]) -> bool:
        """Have `context` trust `certificates` too; those it trusts already are left out by OpenSSL."""
        store = self._store(context)
        add = self._library.X509_STORE_add_cert
        for certificate in certificates:
            if add(store, certificate) != 1:
                self._library.ERR_clear_error()
                return False
        return True

    def add_default_directory(self, context: ssl.SSLContext) -> bool:
        """Do what SSL_CTX_set_default_verify_paths does, but for the default file."""
        pointer = self._pointer(context)
        is_done = bool(self._library.SSL_CTX_set_default_verify_dir(pointer) == 1)
        if is_done and hasattr(self._library, "SSL_CTX_set_default_verify_store"):
            is_done = bool(self._library.SSL_CTX_set_default_verify_store(pointer) == 1)
        self._library.ERR_clear_error()
        return is_done

    def _pointer(self, context: ssl.SSLContext) -> int:
        import ctypes

        return ctypes.c_void_p.from_address(id(context) + self._offset).value or 0

    def _store(self, context: ssl.SSLContext) -> int:
        store: int = self._library.SSL_CTX_get_cert_store(self._pointer(context))
        return store


def open_trust(module: ModuleType) -> Trust | None:
    """Return the libssl that `module` (ssl) is linked with; None where anything is not as known."""
    native = sys.modules.get("_ssl")
    version = str(getattr(module, "OPENSSL_VERSION", ""))
    path = getattr(native, "__file__", None)
    if (
        sys.implementation.name != "cpython"
        or not _KNOWN_VERSIONS[0] <= sys.version_info[:2] <= _KNOWN_VERSIONS[1]
        or hasattr(sys, "gettotalrefcount")
        # Statically linked: whose symbols we would find is anybody's guess. LibreSSL and the others
        # that call themselves compatible have other structures.
        or not isinstance(path, str)
        or not version.startswith(("OpenSSL 1.1.1", "OpenSSL 3."))
    ):
        return None
    try:
        import ctypes  # 1.7 ms; only functions that surely speak TLS get here

        # Symbols are looked for in the extension's own dependencies: in the libssl it is linked with, whichever
        # others are loaded. PyDLL keeps the interpreter's lock: no call waits, and there are hundreds.
        library = ctypes.PyDLL(path)
        _declare(library)
        if library.OpenSSL_version(0) != version.encode():
            return None
        anywhere = ctypes.PyDLL(None)
        name = "SSL_CTX_get_cert_store"
        if hasattr(anywhere, name) and _address(getattr(anywhere, name)) != _address(getattr(library, name)):
            # The program itself or a preloaded library has another libssl, which _ssl would then use.
            return None
        trust = Trust(library, object.__basicsize__)
        return trust if _is_as_known(trust, module) else None
    except (ImportError, AttributeError, OSError):
        return None


def _is_as_known(trust: Trust, module: ModuleType) -> bool:
    """Read two contexts of our own; their pointers and stores must look like what they are."""
    one, other = module.SSLContext(module.PROTOCOL_TLS_CLIENT), module.SSLContext(module.PROTOCOL_TLS_CLIENT)
    pointers = (trust._pointer(one), trust._pointer(other))
    if pointers[0] == pointers[1] or any(pointer < 65536 or pointer % 8 for pointer in pointers):
        return False
    return trust._store(one) != trust._store(other) and not trust.certificates(one)


def _declare(library: ctypes.PyDLL) -> None:
    """Give each function its types; raises AttributeError for one that the library lacks."""
    import ctypes

    for name in _NEEDED:
        getattr(library, name)
    pointer, number = ctypes.c_void_p, ctypes.c_int
    library.OpenSSL_version.restype = ctypes.c_char_p
    library.OpenSSL_version.argtypes = [number]
    library.ERR_clear_error.restype = None
    for name in ("SSL_CTX_get_cert_store", "X509_STORE_get0_objects", "X509_OBJECT_get0_X509"):
        getattr(library, name).restype = pointer
    for name in (
        "SSL_CTX_get_cert_store",
        "SSL_CTX_set_default_verify_dir",
        "X509_STORE_get0_objects",
        "X509_OBJECT_get0_X509",
        "X509_OBJECT_get_type",
        "OPENSSL_sk_num",
    ):
        getattr(library, name).argtypes = [pointer]
    library.OPENSSL_sk_value.restype = pointer
    library.OPENSSL_sk_value.argtypes = [pointer, number]
    library.X509_STORE_add_cert.argtypes = [pointer, pointer]
    if hasattr(library, "SSL_CTX_set_default_verify_store"):
        library.SSL_CTX_set_default_verify_store.argtypes = [pointer]


def _address(function: object) -> int | None:
    import ctypes

    return ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]
