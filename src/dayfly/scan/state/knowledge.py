"""What the family `state` knows of libraries: containers, caches, clients, clocks, hooks, and what only computes."""

from __future__ import annotations

# Calls that make something whose elements can be changed.
CONTAINERS = frozenset(
    {
        "dict", "list", "set", "bytearray",
        "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "collections.deque",
        "collections.ChainMap", "collections.UserDict", "collections.UserList",
        "queue.Queue", "queue.SimpleQueue", "queue.LifoQueue", "queue.PriorityQueue", "asyncio.Queue", "multiprocessing.Queue",
        "weakref.WeakValueDictionary", "weakref.WeakKeyDictionary", "weakref.WeakSet", "array.array",
        "cachetools.Cache", "cachetools.TTLCache", "cachetools.LRUCache", "cachetools.LFUCache",
        "cachetools.FIFOCache", "cachetools.RRCache", "cachetools.TLRUCache",
        "expiringdict.ExpiringDict", "cacheout.Cache", "diskcache.Cache", "types.SimpleNamespace", "io.StringIO",
        "io.BytesIO", "argparse.Namespace", "threading.local",
    }
)  # fmt: skip

# Methods of containers. The value is at this position of the arguments, and the key, None where there is none.
ADDING = {
    "append": (0, None), "appendleft": (0, None), "add": (0, 0), "insert": (1, None), "extend": (0, None),
    "extendleft": (0, None), "update": (0, None), "setdefault": (1, 0), "put": (0, None), "put_nowait": (0, None),
    "push": (0, None), "__setitem__": (1, 0), "write": (0, None), "writelines": (0, None), "subtract": (0, None),
    "union_update": (0, None), "set": (1, 0), "symmetric_difference_update": (0, None), "memoize": (1, 0),
}  # fmt: skip
# `set` and `write` only where the container is known to have them.
RARE_ADDING = {"set": ("cacheout.", "diskcache."), "write": ("io.",), "writelines": ("io.",)}
EMPTYING = frozenset({"clear", "truncate"})
# Parts of an SDK's client that hold what goes out with every request.
CLIENT_FIELDS = frozenset(
    {"headers", "cookies", "params", "auth", "proxies", "cert", "token", "default_headers"}
)

# Nothing of their arguments' data is in what they return.
COUNTING = frozenset(
    {
        "len", "bool", "isinstance", "issubclass", "hasattr", "callable", "id", "type", "any", "all", "range",
        "os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize", "os.path.getmtime",
        "time.sleep", "gc.collect", "sys.getsizeof", "print",
    }
)  # fmt: skip
COUNTING_METHODS = frozenset(
    {"count", "exists", "is_file", "is_dir", "startswith", "endswith", "isdigit", "qsize"}
)

# What goes in comes out, in another form.
TRANSPARENT = frozenset(
    {
        "str", "int", "float", "list", "dict", "tuple", "set", "sorted", "repr", "json.loads", "json.dumps", "copy.deepcopy",
        "copy.copy", "format", "lower", "upper", "strip", "split", "join", "replace", "encode", "decode", "title",
    }
)  # fmt: skip

CLIENT_MAKERS = (
    "boto3.client", "boto3.resource", "boto3.Session", "boto3.session.Session", "aioboto3.", "aiobotocore.",
    "botocore.session", "requests.Session", "requests.session", "httpx.Client", "httpx.AsyncClient",
    "aiohttp.ClientSession", "urllib3.PoolManager", "psycopg.connect", "psycopg2.connect", "pymysql.connect",
    "MySQLdb.connect", "mysql.connector.connect", "pymongo.MongoClient", "redis.Redis", "redis.StrictRedis",
    "stripe.StripeClient", "openai.OpenAI", "anthropic.Anthropic", "slack_sdk.WebClient", "google.cloud.",
    "azure.", "elasticsearch.Elasticsearch", "opensearchpy.OpenSearch", "smtplib.SMTP", "ldap3.Connection",
    "github.Github", "twilio.rest.Client", "paramiko.SSHClient", "ftplib.FTP", "imaplib.", "snowflake.connector.connect",
    "requests_oauthlib.OAuth2Session", "http.client.HTTPSConnection", "http.client.HTTPConnection", "zeep.Client", "hvac.Client",
    "simple_salesforce.Salesforce", "botocore.client.", "gql.Client", "graphqlclient.", "xmlrpc.client.ServerProxy",
)  # fmt: skip
CLIENT_METHODS = frozenset({"client", "resource", "create_client"})  # of a session
CREDENTIAL_WORDS = (
    "token", "secret", "password", "passwd", "credential", "api_key", "apikey", "authorization", "auth", "session",
    "access_key", "cookie", "bearer", "jwt",
)  # fmt: skip

# Something different at every start.
DRAWING = frozenset(
    {
        "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "os.urandom", "os.getrandom",
        "secrets.token_hex", "secrets.token_bytes", "secrets.token_urlsafe", "secrets.choice", "secrets.randbelow",
        "secrets.randbits", "random.random", "random.randint", "random.randrange", "random.choice", "random.choices",
        "random.sample", "random.getrandbits", "random.randbytes", "random.uniform", "numpy.random.rand",
        "numpy.random.randint", "numpy.random.random", "shortuuid.uuid", "ulid.new", "ulid.ULID", "nanoid.generate",
        "cryptography.fernet.Fernet.generate_key", "nacl.utils.random", "Crypto.Random.get_random_bytes",
        "Cryptodome.Random.get_random_bytes", "bcrypt.gensalt", "ksuid.Ksuid", "ksuid.ksuid", "cuid.cuid", "uuid.getnode",
        "cryptography.hazmat.primitives.ciphers.aead.AESGCM.generate_key",
        "cryptography.hazmat.primitives.ciphers.aead.ChaCha20Poly1305.generate_key",
        "cryptography.hazmat.primitives.asymmetric.rsa.generate_private_key",
        "cryptography.hazmat.primitives.asymmetric.ec.generate_private_key",
        "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey.generate",
    }
)  # fmt: skip
CLOCKS = frozenset(
    {
        "time.time", "time.time_ns", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
        "datetime.date.today", "time.strftime", "time.gmtime", "time.localtime", "time.ctime", "pendulum.now", "arrow.utcnow",
        "arrow.now",
    }
)  # fmt: skip
# Generators whose state a snapshot and a fork copy. SystemRandom asks the kernel each time.
GENERATORS = frozenset(
    {"random.Random", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.Generator"}
)
DRAWING_METHODS = frozenset(
    {
        "random", "randint", "randrange", "choice", "choices", "sample", "getrandbits", "randbytes", "uniform",
        "integers", "bytes", "shuffle", "hex", "normal", "rand",
    }
)  # fmt: skip
# A name that says it: one value for each environment is meant.
ENVIRONMENT_WORDS = frozenset(
    {
        "boot", "environment", "env", "instance", "container", "process", "worker", "sandbox", "cold", "init",
        "initialised", "initialized", "start", "started", "startup", "deploy", "deployed", "loaded", "import", "imported", "launch", "launched", "uptime", "born",
        "jitter", "host", "node", "lambda", "microvm", "runtime", "spread", "stagger", "sampling", "sampled", "sample", "epoch", "uid", "nodename",
    }
)  # fmt: skip

# What it is called with leaves the function: another service, a program, a file.
OUTSIDE_ROOTS = frozenset(
    {
        "boto3", "botocore", "aioboto3", "aiobotocore", "requests", "httpx", "aiohttp", "urllib", "urllib3",
        "smtplib", "psycopg", "psycopg2", "pymysql", "sqlalchemy", "redis", "pymongo", "subprocess", "stripe",
        "slack_sdk", "openai", "twilio", "sendgrid", "http", "socket", "ftplib", "paramiko", "kafka", "pika", "shutil",
    }
)  # fmt: skip
OUTSIDE_METHODS = frozenset(
    {
        "put_item", "update_item", "send_message", "send_message_batch", "publish", "put_object", "upload_file",
        "upload_fileobj", "send_email", "sendmail", "put_events", "put_record", "put_records", "start_execution",
        "execute", "executemany", "post", "patch", "request", "urlopen", "invoke", "insert_one", "insert_many", "transact_write_items",
        "send", "sendall", "put_metric_data", "query", "batch_write_item", "put_parameter", "get_item", "get_object", "scan",
        "update_one", "delete_item", "send_templated_email", "send_raw_email", "write_text", "write_bytes",
    }
)  # fmt: skip
LOG_METHODS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "fatal", "msg"}
)
LOGGER_MAKERS = (
    "logging.getLogger()", "aws_lambda_powertools.Logger()", "structlog.get_logger()", "loguru.logger",
    "aws_lambda_powertools.logging.Logger()", "logging", "structlog.getLogger()", "aws_lambda_powertools.logging.logger.Logger()",
)  # fmt: skip

# Keys bound to every later log line: how they are set, and how they go.
BINDING = {
    "append_keys": "aws_lambda_powertools", "set_correlation_id": "aws_lambda_powertools",
    "structure_logs": "aws_lambda_powertools", "bind_contextvars": "structlog",
    "set_user": "sentry_sdk", "set_tag": "sentry_sdk", "set_context": "sentry_sdk", "set_extra": "sentry_sdk",
    "add_persistent_metadata": "aws_lambda_powertools", "set_default_dimensions": "aws_lambda_powertools",
}  # fmt: skip
UNBINDING = frozenset(
    {
        "clear_state",
        "remove_keys",
        "clear_contextvars",
        "unbind_contextvars",
        "reset_contextvars",
        "clear_metrics",
    }
)

# Added at every invocation, they pile up: what is called, and what takes it back.
REGISTERING = {
    "addHandler": ("removeHandler", "handlers"), "addFilter": ("removeFilter", "filters"),
    "register_first": ("unregister", ""), "register_last": ("unregister", ""),
    "add_event_handler": ("remove_event_handler", ""), "add_done_hook": ("", ""),
    "before_request": ("", ""), "after_request": ("", ""), "add_middleware": ("", ""), "add_processor": ("", ""),
    "add_span_processor": ("", ""), "setLogRecordFactory": ("setLogRecordFactory", ""), "add_hook": ("remove_hook", ""),
}  # fmt: skip
REGISTERING_CALLS = {
    "atexit.register": "unregister", "signal.signal": "signal", "sys.settrace": "settrace", "sys.setprofile": "setprofile",
    "threading.setprofile": "setprofile", "threading.settrace": "settrace", "os.register_at_fork": "",
    "logging.addLevelName": "", "codecs.register": "unregister", "weakref.finalize": "detach",
    "gc.callbacks.append": "remove", "warnings.simplefilter": "resetwarnings", "warnings.filterwarnings": "resetwarnings",
    "logging.setLogRecordFactory": "setLogRecordFactory", "sys.addaudithook": "", "event.listen": "remove", "sqlalchemy.event.listen": "remove",
    "logging.captureWarnings": "",
}  # fmt: skip
# Harmless without data of the event: the second call changes nothing.
REPEATABLE = frozenset(
    {
        "signal.signal", "warnings.simplefilter", "warnings.filterwarnings", "logging.addLevelName", "sys.settrace",
        "sys.setprofile", "threading.setprofile", "threading.settrace", "weakref.finalize", "logging.captureWarnings",
        "logging.setLogRecordFactory", "setLogRecordFactory",
    }
)  # fmt: skip

# Settings of the whole process.
SETTINGS = frozenset(
    {
        "locale.setlocale", "os.chdir", "os.umask", "random.seed", "numpy.random.seed", "socket.setdefaulttimeout",
        "decimal.setcontext", "logging.disable", "sys.setrecursionlimit", "time.tzset", "os.nice", "gettext.install",
        "gettext.textdomain", "faker.Faker.seed", "torch.manual_seed", "os.setuid", "decimal.getcontext", "csv.field_size_limit",
        "pandas.set_option", "numpy.seterr", "numpy.set_printoptions", "django.utils.translation.activate", "i18n.set", "babel.Locale.default",
        "resource.setrlimit", "asyncio.set_event_loop_policy", "boto3.setup_default_session",
    }
)  # fmt: skip
SETTING_CLIENTS = frozenset({"boto3.setup_default_session"})
# Attributes of these belong to one request or one thread at a time.
PER_REQUEST = (
    "lambda context",
    "flask.g", "flask.session", "flask.request", "flask.current_app", "bottle.request", "bottle.response", "flask.",
    "starlette.", "fastapi.", "bottle.", "threading.current_thread", "quart.", "werkzeug.", "django.",
)  # fmt: skip
REQUESTS = ("flask.request", "bottle.request", "quart.request", "flask.session", "flask.g", "sanic.request")
CONTEXT_FIELDS = frozenset({"identity", "client_context", "tenant_id"})  # what the caller is or says
REQUEST_FIELDS = frozenset({"current_event", "current_request"})

# Threads, tasks and programs: what makes them, whether they run from then on.
WORK_MAKERS = {
    "threading.Thread": False, "threading.Timer": False, "multiprocessing.Process": False, "subprocess.Popen": True,
    "_thread.start_new_thread": True, "asyncio.create_task": True, "asyncio.ensure_future": True,
    "asyncio.run_coroutine_threadsafe": True, "asyncio.create_subprocess_exec": True,
    "asyncio.create_subprocess_shell": True, "os.spawnl": True, "os.spawnv": True, "os.spawnlp": True, "os.spawnvp": True,
    "os.spawnle": True, "os.spawnve": True, "os.spawnlpe": True, "os.spawnvpe": True,
}  # fmt: skip
AWAITING = frozenset(
    {
        "join",
        "result",
        "wait",
        "communicate",
        "cancel",
        "kill",
        "terminate",
        "exception",
        "add_done_callback",
        "shutdown",
    }
)
# Where they are given these, they have been waited for.
WAITING = frozenset(
    {
        "concurrent.futures.wait", "concurrent.futures.as_completed", "asyncio.gather", "asyncio.wait",
        "asyncio.wait_for", "asyncio.as_completed", "asyncio.shield", "asyncio.run",
    }
)  # fmt: skip
EXECUTORS = (
    "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.ProcessPoolExecutor",
    "multiprocessing.pool.ThreadPool",
    "multiprocessing.Pool",
    "multiprocessing.dummy.Pool",
)
SUBMITTING = frozenset(
    {
        "submit",
        "apply_async",
        "map_async",
        "create_task",
        "run_in_executor",
        "call_later",
        "call_soon",
        "call_soon_threadsafe",
    }
)

MEMOISERS = {
    "functools.cache": False, "functools.lru_cache": True, "cachetools.cached": True, "cachetools.cachedmethod": True,
    "cachetools.func.lru_cache": True, "cachetools.func.ttl_cache": True, "cachetools.func.lfu_cache": True,
    "functools.cached_property": False, "async_lru.alru_cache": True, "joblib.Memory().cache": False, "django.utils.functional.cached_property": False,
    "werkzeug.utils.cached_property": False, "methodtools.lru_cache": True, "toolz.memoize": False, "cytoolz.memoize": False, "asyncache.cached": True,
    "cachetools.keys": True, "boltons.cacheutils.cached": True, "boltons.cacheutils.cachedproperty": False, "diskcache.Cache().memoize": True, "cacheout.memoize": True,
}  # fmt: skip

TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")
DOWNLOADING = {"download_file": 2, "download_fileobj": 2, "urlretrieve": 1}  # where the path is
REMOVING = frozenset({"os.remove", "os.unlink", "shutil.rmtree", "os.removedirs", "os.rmdir"})
MOVING = frozenset({"os.rename", "os.replace", "shutil.move"})
READING_PATHS = {
    "upload_file": 0,
    "read_csv": 0,
    "read_parquet": 0,
    "read_json": 0,
    "imread": 0,
    "load_workbook": 0,
    "send_file": 0,
    "read_excel": 0,
    "loadtxt": 0,
    "from_file": 0,
}
WRITING_PATHS = {
    "to_csv": 0,
    "to_parquet": 0,
    "to_json": 0,
    "savefig": 0,
    "to_excel": 0,
    "write_image": 0,
    "savetxt": 1,
    "imwrite": 0,
}
