"""Functions of the standard library that make values harmless, tell whether they are, or make values of their own."""

from __future__ import annotations

from dataclasses import replace

from dayfly.scan.taint.knowledge.model import (
    CLEAN,
    EVERY_DANGER,
    FIRST,
    RECEIVER,
    Argument,
    Attribute,
    Call,
    Cleanser,
    Condition,
    Danger,
    Decoration,
    Decorator,
    Guard,
    Kind,
    Result,
    Tables,
    Test,
    Trust,
)

# An identity that is claimed stays a claim, however harmless its characters are.
_ALL = EVERY_DANGER - {Danger.TRUST}
_LINES = frozenset({Danger.LOG, Danger.HEADER})
# Quotes, brackets, blanks and line breaks are gone; letters, digits, `.`, `_`, `-`, `~` remain.
_NO_MARKS = _ALL - {Danger.REQUEST, Danger.REDIRECT, Danger.PATH, Danger.DESERIALISATION}

_SECOND = Argument(1)
_SAFE = Argument(1, "safe")


_DRAWS = (
    "random",
    "randint",
    "randrange",
    "randbytes",
    "getrandbits",
    "uniform",
    "triangular",
    "betavariate",
    "binomialvariate",
    "expovariate",
    "gammavariate",
    "gauss",
    "lognormvariate",
    "normalvariate",
    "vonmisesvariate",
    "paretovariate",
    "weibullvariate",
)
_DRAWN = Result(taint_from=(), source="a random number", trust=Trust.PREDICTABLE)


def _clean(*names: str, type: str = "") -> Call:
    return Call(names, Result(type=type, taint_from=()))


_CALLS = (
    _clean(
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.perf_counter",
        "time.strftime",
        "time.sleep",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "uuid.uuid4",
        "os.getpid",
        "os.urandom",
        "os.cpu_count",
        "os.getenv",
        "secrets.token_hex",
        "secrets.token_urlsafe",
        "secrets.token_bytes",
        "secrets.randbelow",
        "hmac.compare_digest",
        "secrets.compare_digest",
        "zlib.crc32",
        "zlib.adler32",
        "binascii.crc32",
        "math.floor",
        "math.ceil",
        "math.sqrt",
        "traceback.format_exc",
        "sys.exc_info",
        "gc.collect",
    ),
    # One generator for all of an environment's customers, and its state can be told from what it has drawn.
    Call(
        tuple(
            f"{owner}.{method}"
            for owner in ("random", "random.Random", "numpy.random", "numpy.random.Generator")
            for method in (*_DRAWS, "rand", "randn", "bytes", "integers", "random_sample", "normal")
        ),
        _DRAWN,
    ),
    Call(("uuid.uuid1",), _DRAWN),
    Call(
        tuple(
            f"{owner}.{method}"
            for owner in ("random", "random.Random")
            for method in ("choice", "choices", "sample")
        ),
        replace(_DRAWN, taint_from=(FIRST,)),
    ),
    Call(("random.Random",), Result(type="random.Random", taint_from=())),
    Call(
        ("numpy.random.default_rng", "numpy.random.RandomState"),
        Result(type="numpy.random.Generator", taint_from=()),
    ),
    Call(("random.SystemRandom",), Result(type="random.SystemRandom", taint_from=())),
    Call(
        tuple(f"random.SystemRandom.{method}" for method in _DRAWS),
        CLEAN,
    ),
    # Digests say nothing of what went in.
    _clean(
        *(
            f"hashlib.{name}"
            for name in (
                "md5",
                "sha1",
                "sha224",
                "sha256",
                "sha384",
                "sha512",
                "new",
                "blake2b",
                "blake2s",
                "sha3_224",
                "sha3_256",
                "sha3_384",
                "sha3_512",
                "shake_128",
                "shake_256",
            )
        ),
        "hmac.new",
        type="hashlib.Hash",
    ),
    _clean(
        "hmac.digest",
        "hashlib.pbkdf2_hmac",
        "hashlib.scrypt",
        "bcrypt.hashpw",
        "werkzeug.security.generate_password_hash",
        "crypt.crypt",
    ),
    _clean("hashlib.Hash.update", "hashlib.Hash.digest", "hashlib.Hash.hexdigest"),
    # Numbers and dates cannot hold anything else.
    Call(
        ("decimal.Decimal", "fractions.Fraction"),
        Result(type="float", cleanses=_ALL),
    ),
    Call(
        (
            "datetime.datetime.fromisoformat",
            "datetime.date.fromisoformat",
            "datetime.time.fromisoformat",
            "datetime.datetime.strptime",
            "datetime.datetime.fromtimestamp",
            "dateutil.parser.parse",
            "dateutil.parser.isoparse",
            "time.strptime",
            "email.utils.parsedate_to_datetime",
        ),
        Result(type="datetime.datetime", cleanses=_ALL),
    ),
    Call(("uuid.UUID",), Result(type="uuid.UUID", cleanses=_ALL)),
    # An address is still where a request goes. Of an IPv6 address with a zone (`fe80::1%…`) Python checks nothing
    # behind the `%`: what is said here is true of IPv4 alone, and taken for both, as its users do.
    Call(
        (
            "ipaddress.ip_address",
            "ipaddress.IPv4Address",
            "ipaddress.IPv6Address",
            "ipaddress.ip_network",
            "ipaddress.IPv4Network",
        ),
        Result(type="ipaddress.Address", cleanses=_ALL - {Danger.REQUEST}),
    ),
    # Encodings. Base64 keeps letters, digits, `+`, `/` and `=`.
    Call(
        ("base64.b64encode", "base64.standard_b64encode", "binascii.b2a_base64"),
        Result(type="bytes", cleanses=_NO_MARKS),
    ),
    Call(
        ("base64.urlsafe_b64encode", "base64.b32encode"),
        Result(type="bytes", cleanses=_ALL - {Danger.REQUEST, Danger.DESERIALISATION}),
    ),
    Call(("base64.b16encode", "binascii.hexlify", "binascii.b2a_hex", "bytes.hex"), Result(cleanses=_ALL)),
    Call(
        (
            "base64.b64decode",
            "base64.standard_b64decode",
            "base64.urlsafe_b64decode",
            "base64.b32decode",
            "base64.b16decode",
            "base64.b85decode",
            "base64.a85decode",
            "base64.decodebytes",
            "binascii.unhexlify",
            "binascii.a2b_hex",
            "binascii.a2b_base64",
            "bytes.fromhex",
            "codecs.decode",
            "quopri.decodestring",
        ),
        Result(restores=True),
    ),
    Call(
        (
            "urllib.parse.unquote",
            "urllib.parse.unquote_plus",
            "urllib.parse.unquote_to_bytes",
            "html.unescape",
            "xml.sax.saxutils.unescape",
        ),
        Result(type="str", restores=True),
    ),
    Call(("urllib.parse.parse_qs", "urllib.parse.parse_qsl"), Result(restores=True)),
    # Whose slash stays by default.
    Call(
        ("urllib.parse.quote", "urllib.parse.quote_from_bytes"),
        Result(type="str", cleanses=_ALL - {Danger.REQUEST, Danger.DESERIALISATION}),
        (Condition(_SAFE, Test.EQUALS, ("",), if_unknown=False),),
    ),
    Call(("urllib.parse.quote", "urllib.parse.quote_from_bytes"), Result(type="str", cleanses=_NO_MARKS)),
    Call(
        ("urllib.parse.quote_plus",),
        Result(type="str", cleanses=_ALL - {Danger.REQUEST, Danger.DESERIALISATION}),
    ),
    Call(
        ("urllib.parse.urlencode",),
        Result(type="str", cleanses=_ALL - {Danger.REQUEST, Danger.DESERIALISATION}),
    ),
    # JSON of the caller's may be of any shape; as text its line breaks and quotes (") are escaped.
    Call(
        (
            "json.loads",
            "json.load",
            "orjson.loads",
            "simplejson.loads",
            "ujson.loads",
            "rapidjson.loads",
            "msgpack.unpackb",
            "tomllib.loads",
            "xmltodict.parse",
        ),
        Result(restores=True, parses=True),
    ),
    Call(
        ("json.dumps", "orjson.dumps", "simplejson.dumps", "ujson.dumps"),
        Result(type="str", cleanses=_LINES | {Danger.CODE}),
    ),
    Call(("repr", "ascii", "reprlib.repr"), Result(type="str", cleanses=_LINES | {Danger.CODE})),
    Call(("copy.copy", "copy.deepcopy", "asyncio.ensure_future", "asyncio.create_task"), Result(alias=FIRST)),
    Call(("typing.cast",), Result(alias=_SECOND)),
    Call(("secrets.choice", "random.SystemRandom.choice", "next"), Result(element_of=FIRST)),
    Call(
        ("collections.deque", "collections.OrderedDict", "collections.UserDict", "collections.Counter"),
        Result(),
    ),
    Call(("asyncio.run", "asyncio.wait_for", "asyncio.shield"), Result(alias=FIRST)),
    Call(("*.run_until_complete",), Result(alias=FIRST)),
    # Functions that call others.
    Call(
        ("threading.Thread", "multiprocessing.Process"),
        CLEAN,
        calls=Argument(1, "target"),
        calls_with=(Argument(3, "args"), Argument(4, "kwargs")),
    ),
    Call(
        ("threading.Timer",),
        CLEAN,
        calls=Argument(1, "function"),
        calls_with=(Argument(2, "args"), Argument(3, "kwargs")),
    ),
    Call(("*.submit",), Result(), calls=FIRST, calls_with=(Argument(1, is_rest=True),)),
    Call(("*.run_in_executor",), Result(), calls=_SECOND, calls_with=(Argument(2, is_rest=True),)),
    Call(("asyncio.to_thread",), Result(), calls=FIRST, calls_with=(Argument(1, is_rest=True),)),
    Call(("functools.partial",), Result()),
    Call(("re.sub", "re.subn"), Result(type="str", taint_from=(Argument(1, "repl"), Argument(2, "string")))),
    Call(("re.escape",), Result(type="str")),
    Call(("re.findall", "re.split"), Result(type="list", element_type="str", taint_from=(_SECOND,))),
    Call(("re.match", "re.search", "re.fullmatch"), Result(type="re.Match", taint_from=(_SECOND,))),
    Call(("re.compile",), Result(type="re.Pattern", taint_from=())),
    Call(
        ("re.Pattern.match", "re.Pattern.search", "re.Pattern.fullmatch"),
        Result(type="re.Match", taint_from=(FIRST,)),
    ),
    Call(
        ("re.Pattern.findall", "re.Pattern.split"),
        Result(type="list", element_type="str", taint_from=(FIRST,)),
    ),
    Call(("re.Match.group", "re.Match.groups", "re.Match.groupdict"), Result(taint_from=(RECEIVER,))),
    Call(
        ("configparser.ConfigParser", "configparser.RawConfigParser"),
        Result(type="configparser.ConfigParser", taint_from=()),
    ),
    Call(
        (
            "itsdangerous.Signer.unsign",
            "itsdangerous.TimestampSigner.unsign",
            "itsdangerous.URLSafeTimedSerializer.load",
            "itsdangerous.URLSafeSerializer.loads",
            "itsdangerous.URLSafeTimedSerializer.loads",
            "itsdangerous.Serializer.loads",
        ),
        CLEAN,
    ),
    # Signed by the one who holds the key. Without a look at the signature it is a claim.
    Call(
        ("jwt.decode", "jose.jwt.decode", "authlib.jose.jwt.decode"),
        Result(restores=True, parses=True),
        (Condition(Argument(3, "options", element="verify_signature"), Test.FALSY, if_unknown=False),),
    ),
    Call(("jwt.decode", "jose.jwt.decode", "authlib.jose.jwt.decode"), CLEAN),
    Call(
        ("jwt.get_unverified_header", "jose.jwt.get_unverified_claims", "jose.jwt.get_unverified_header"),
        Result(restores=True, parses=True),
    ),
)

_CLEANSERS = (
    Cleanser(
        (
            "html.escape",
            "cgi.escape",
            "markupsafe.escape",
            "flask.escape",
            "xml.sax.saxutils.escape",
            "xml.sax.saxutils.quoteattr",
            "django.utils.html.escape",
            "bleach.clean",
            "nh3.clean",
            "werkzeug.utils.escape",
            "bottle.html_escape",
            "tornado.escape.xhtml_escape",
            "jinja2.escape",
        ),
        frozenset({Danger.HTML, Danger.XML}),
        type="str",
    ),
)

_ANY_TEXT = ("str", "*")

_GUARDS = (
    # Both may stand on either side.
    Guard(("hmac.compare_digest", "secrets.compare_digest"), _ALL),
    Guard(("hmac.compare_digest", "secrets.compare_digest"), _ALL, _SECOND),
    *(
        Guard(tuple(f"{owner}.{name}" for owner in _ANY_TEXT), _ALL, RECEIVER)
        for name in ("isalnum", "isalpha", "isdigit", "isdecimal", "isnumeric")
    ),
    Guard(tuple(f"{owner}.isidentifier" for owner in _ANY_TEXT), _ALL - {Danger.CODE}, RECEIVER),
    Guard(tuple(f"{owner}.isprintable" for owner in _ANY_TEXT), _LINES, RECEIVER),
    Guard(
        (
            "uuid.UUID",
            "ipaddress.ip_address",
            "ipaddress.IPv4Address",
            "ipaddress.ip_network",
            "int",
            "float",
            "decimal.Decimal",
        ),
        _ALL - {Danger.REQUEST},
        raises=True,
    ),
    Guard(
        ("datetime.datetime.fromisoformat", "datetime.date.fromisoformat", "datetime.datetime.strptime"),
        _ALL,
        raises=True,
    ),
    Guard(
        ("validators.uuid", "validators.slug", "validators.domain", "validators.ipv4"),
        _ALL - {Danger.REQUEST},
    ),
    # It gives the type of one's own data its shape; what is not a member raises.
    Guard(
        ("url_has_allowed_host_and_scheme", "django.utils.http.url_has_allowed_host_and_scheme"),
        frozenset({Danger.REDIRECT}),
    ),
)

_DECORATORS = (
    Decorator(
        (
            "functools.lru_cache",
            "functools.cache",
            "cachetools.cached",
            "cachetools.func.ttl_cache",
            "cachetools.func.lru_cache",
            "joblib.Memory.cache",
            "cachier.cachier",
            "async_lru.alru_cache",
            "methodtools.lru_cache",
        ),
        Decoration.CACHE,
    ),
    Decorator(("contextlib.contextmanager", "contextlib.asynccontextmanager"), Decoration.CONTEXT_MANAGER),
    Decorator(
        (
            "functools.wraps",
            "functools.singledispatch",
            "staticmethod",
            "classmethod",
            "property",
            "abc.abstractmethod",
            "typing.overload",
            "dataclasses.dataclass",
            "atexit.register",
        ),
        Decoration.TRANSPARENT,
    ),
)

TABLES = Tables(
    calls=_CALLS,
    cleansers=_CLEANSERS,
    attributes=(
        Attribute(("sys.argv", "sys.path", "sys.version"), CLEAN),
        Attribute(("uuid.UUID.hex", "uuid.UUID.int"), Result()),
    ),
    guards=_GUARDS,
    kinds=(Kind("hashlib.Hash"), Kind("uuid.UUID"), Kind("datetime.datetime")),
    decorators=_DECORATORS,
    aliases=(
        ("urllib.quote", "urllib.parse.quote"),
        ("urllib.quote_plus", "urllib.parse.quote_plus"),
        ("urllib.unquote", "urllib.parse.unquote"),
        ("markupsafe._native.escape", "markupsafe.escape"),
        ("flask.Markup.escape", "markupsafe.escape"),
        ("markupsafe.Markup.escape", "markupsafe.escape"),
    ),
)
