"""What library names mean to the interpreter: where secrets come from, where data leaves, what runs code."""

from __future__ import annotations

import re

from dayfly.scan.dependencies.trojan.values import UNKNOWN, Kind, Label

# -- Where secrets and facts about the host come from

CREDENTIAL_VARIABLE = re.compile(
    r"SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY|AUTH_?KEY|DATABASE_URL|MONGO\w*_UR[IL]|(?:^|_)PAT$",
    re.IGNORECASE,
)
# Addresses and files of credentials are none themselves.
_NO_CREDENTIAL = re.compile(
    r"_(?:URI|URL|PATH|FILE|ARN|NAME|ID|TTL|TIMEOUT|TYPE|DIR|ENDPOINT|HEADER|EXPIR\w*)$", re.IGNORECASE
)
AWS_CREDENTIALS = frozenset({"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"})
_CREDENTIAL_FILE = re.compile(
    r"\.aws/(?:credentials|config)|\.ssh/|id_rsa|id_ed25519|\.netrc|\.git-credentials|\.docker/config|\.kube/config|\.pypirc|\.npmrc"
    r"|/proc/(?:self|\d+|\x00)/environ|/etc/shadow|\.config/gcloud|\.azure/|\.gnupg|wallet\.dat|Login Data|\.bash_history|\.env$"
    r"|/var/run/secrets/|\.vault-token|/var/task/?$"
)
_METADATA = re.compile(
    r"169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|/latest/meta-data|/security-credentials"
)
_HOST = re.compile(
    r"^(?:socket\.(?:gethostname|getfqdn)|platform\.(?:node|uname)|os\.(?:uname|getlogin|getcwd)|getpass\.getuser|uuid\.getnode"
    r"|pwd\.getpwuid|psutil\.(?:net_if_addrs|users|process_iter))$"
)
_CREDENTIAL_CALL = re.compile(
    r"^(?:aio)?boto(?:3|core)\..*\.(?:get_credentials|get_frozen_credentials)\b|^keyring\.get_password$|^netrc\.netrc"
)


def variable_label(name: str) -> frozenset[Label]:
    """What reading this environment variable yields."""
    if name in AWS_CREDENTIALS or (CREDENTIAL_VARIABLE.search(name) and not _NO_CREDENTIAL.search(name)):
        return frozenset({Label(Kind.CREDENTIAL, f"the variable {name}")})
    return frozenset()


def source_label(name: str) -> frozenset[Label]:
    """What calling this function yields, whatever it is called with."""
    if _HOST.search(name):
        return frozenset({Label(Kind.HOST, name)})
    if _CREDENTIAL_CALL.search(name):
        return frozenset({Label(Kind.CREDENTIAL, name.rpartition(".")[2].removesuffix("()"))})
    return frozenset()


def file_label(sketch: str) -> frozenset[Label]:
    match = _CREDENTIAL_FILE.search(sketch)
    return frozenset({Label(Kind.CREDENTIAL, f"the file {_shown(sketch)}")}) if match else frozenset()


def answer_label(destination: str) -> frozenset[Label]:
    """What a request to this address yields."""
    if _METADATA.search(destination):
        return frozenset({Label(Kind.CREDENTIAL, "the credentials of the instance metadata service")})
    return frozenset({Label(Kind.REMOTE, _shown(destination))})


_FACT_COMMAND = re.compile(
    r"^\s*(?:/usr/bin/|/bin/)?(?:whoami|hostname|id|uname|ifconfig|ip a|ps|cat /etc/passwd|systeminfo|ipconfig)\b"
)
_ENVIRONMENT_COMMAND = re.compile(r"^\s*(?:/usr/bin/)?(?:env|printenv|set)\s*(?:$|[|>;])")


def command_label(command: str) -> frozenset[Label]:
    if _ENVIRONMENT_COMMAND.search(command):
        return frozenset({Label(Kind.ENVIRONMENT, f"the output of {command.strip()[:20]}")})
    if _FACT_COMMAND.search(command):
        return frozenset({Label(Kind.HOST, f"the output of {command.strip()[:20]}")})
    return frozenset()


# -- Where data leaves

_HTTP_VERBS = r"(?:get|post|put|patch|delete|head|options|request|send|stream)"
SENDS = re.compile(
    r"^(?:"
    rf"requests\.(?:api\.)?{_HTTP_VERBS}|requests\.(?:sessions\.)?[Ss]ession\(\)\.{_HTTP_VERBS}"
    rf"|httpx\.{_HTTP_VERBS}|httpx\.(?:Async)?Client\(\)\.{_HTTP_VERBS}|aiohttp\.ClientSession\(\)\.(?:ws_connect|{_HTTP_VERBS})|aiohttp\.request"
    r"|urllib\.request\.(?:urlopen|urlretrieve|build_opener\(\)\.open|OpenerDirector\(\)\.open)|urllib2?\.(?:urlopen|urlretrieve)"
    r"|(?:http\.client|httplib)\.HTTPS?Connection\(\)\.(?:request|putheader|send|endheaders|putrequest)"
    r"|urllib3\.(?:\w+\.)*\w*(?:PoolManager|ConnectionPool|connection_from_url|ProxyManager)\(\)\.(?:request|urlopen|request_encode_\w+)|urllib3\.request"
    r"|(?:socket|ssl|_socket)\..*\(\)\.(?:send|sendall|sendto|sendmsg|sendfile)"
    r"|smtplib\.\w+\(\)\.(?:sendmail|send_message)|ftplib\.\w+\(\)\.stor\w+|telnetlib\.\w+\(\)\.write"
    r"|websockets?\..*\(\)\.send\w*|xmlrpc\.client\.ServerProxy\(\)\..*|pycurl\.Curl\(\)\.setopt|paramiko\..*\(\)\.(?:put|exec_command)"
    r"|(?:boto3|botocore|aioboto3)\..*\(\)\.(?:put_object|upload_file|upload_fileobj|send_message|send_message_batch|publish|invoke|put_item"
    r"|put_records?|put_events|put_parameter|send_email|put_log_events|put)"
    r")$"
)
RESOLVES = re.compile(
    r"^(?:socket|_socket)\.(?:gethostbyname|gethostbyname_ex|getaddrinfo)$|^dns\.resolver\.\w+$|^(?:.*\.)?loop\.getaddrinfo$"
)
CONNECTS = re.compile(r"^(?:socket|_socket|ssl)\.(?:.*\(\)\.(?:connect|connect_ex)|create_connection)$")
# Where the destination stands: requests.request(method, url) and its like.
URL_SECOND = re.compile(
    r"\.request$|\.stream$|\.request_encode_\w+$|PoolManager\(\)\.urlopen$|ConnectionPool\(\)\.urlopen$"
)
TO_RECEIVER = re.compile(
    r"(?:HTTPS?Connection\(\)\.\w+|\.send|\.sendall|\.sendmsg|\.sendfile|\.sendmail|\.send_message|\.stor\w+|ServerProxy\(\)\..*)$"
)

# -- What runs code

EVALUATES = re.compile(
    r"^(?:builtins\.(?:exec|eval)|types\.FunctionType|code\.Interactive\w+\(\)\.run\w+|runpy\.run_\w+|__builtin__\.(?:exec|eval))$"
)
COMPILES = frozenset({"builtins.compile", "types.CodeType", "ast.parse"})
LOADS_CODE = re.compile(
    r"^(?:marshal\.loads?|pickle\.loads?|_pickle\.loads?|cPickle\.loads?|dill\.loads?|cloudpickle\.loads?)$"
)
COMMANDS = re.compile(
    r"^(?:os\.(?:system|popen\d?|exec\w+|spawn\w+|posix_spawnp?|startfile)|subprocess\.(?:run|call|check_call|check_output|Popen|getoutput"
    r"|getstatusoutput)|pty\.spawn|asyncio\.create_subprocess_\w+|asyncio\.subprocess\.create_subprocess_\w+|commands\.get\w+)$"
)
NATIVE = re.compile(r"^ctypes\.(?:CDLL|cdll\.LoadLibrary|WinDLL|PyDLL|windll\..*)$")
DANGEROUS = re.compile(
    r"^(?:builtins\.(?:exec|eval|compile|__import__)|os\.(?:system|popen|exec\w+|environ|getenv)|subprocess(?:\.\w+)?|socket(?:\.socket)?"
    r"|urllib\.request(?:\.urlopen)?|requests(?:\.\w+)?|marshal(?:\.loads)?|base64(?:\.\w*decode)?|http\.client|zlib|ctypes|pty)$"
)
# Text that sends or fetches and runs, in a command.
COMMAND_SENDS = re.compile(
    r"\b(?:curl|wget|nc|ncat|netcat|socat|Invoke-WebRequest|iwr|Invoke-RestMethod|nslookup|dig|ssh|scp|ftp)\b"
)
REVERSE_SHELL = re.compile(
    r"/dev/(?:tcp|udp)/|\bn(?:c|cat)\b[^|;]*\s-\w*[ec]\b|mkfifo[^|]*\|.*\bnc\b|\bsocat\b.*exec:",
    re.IGNORECASE,
)
FETCH_AND_RUN = re.compile(
    r"(?:curl|wget)\b[^|;]*[|;&]+\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|(?:curl|wget)\b.*&&\s*chmod\b|base64\s+(?:-d|--decode)[^|]*\|\s*(?:ba)?sh"
    r"|powershell[^\n]*-e(?:nc|ncodedcommand)?\s|(?:curl|wget)\b[^|;]*\|\s*python|\$\((?:curl|wget)\b|\bIEX\b",
    re.IGNORECASE,
)
PERSISTS = re.compile(
    r"authorized_keys|\.bashrc|\.bash_profile|\.profile|\.zshrc|/etc/cron|crontab|(?:site|user)customize\.py|\.config/systemd"
    r"|/etc/systemd|LaunchAgents|\.pth$|/etc/ld\.so\.preload|/opt/extensions/|/etc/passwd"
)
SHELL = re.compile(r"^\s*(?:/usr)?(?:/bin/)?(?:ba|da|z)?sh(?:\s+-\w+)*\s*$")
# Variables that decide whom libraries talk to.
DIVERTS = re.compile(
    r"^(?:https?_proxy|all_proxy|aws_endpoint_url\w*|aws_lambda_runtime_api|pip_index_url)$", re.IGNORECASE
)
# Where functions are handed over to be called with everything that passes.
HOOKS = re.compile(
    r"\.events\.register(?:_first|_last)?$|\.emitter\.register\w*$|^sys\.(?:settrace|setprofile|addaudithook)$|\.hooks\.register$"
)

# -- What takes the secret out of a value

CLEANSES = re.compile(
    r"^(?:builtins\.(?:len|bool|isinstance|issubclass|type|id|hash|hasattr|callable|any|all|range|super|print)|hmac\..*|hashlib\..*"
    r"|logging\..*|time\..*|secrets\..*|random\..*|os\.path\.(?:exists|isfile|isdir|getsize|getmtime)|warnings\..*|botocore\.auth\..*)$"
)
CLEANSING_METHODS = frozenset(
    {"startswith", "endswith", "isdigit", "isalpha", "isidentifier", "count", "find", "index", "rfind", "keys", "__contains__",
     "hexdigest", "digest", "exists", "is_file", "is_dir", "match", "search", "fullmatch", "close", "setdefault", "raise_for_status"}
)  # fmt: skip

_HOST_OF_URL = re.compile(
    r"^\s*[a-z][a-z0-9+.-]*://(?:[^/@\x00]*@)?(?P<host>\[[^\]]*\]|[^/:?#\x00]*)", re.IGNORECASE
)
_LOCAL = re.compile(
    r"^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0|169\.254\.\d+\.\d+|.*\.(?:local|localhost|localdomain))$"
)
_DROP = re.compile(
    r"discord(?:app)?\.com/api/webhooks|api\.telegram\.org/bot|webhook\.site|requestbin|pipedream\.net|\.ngrok(?:-free)?\.(?:io|app|dev)|burpcollaborator"
    r"|oastify\.com|\.oast\.|interact\.sh|pastebin\.com/raw|transfer\.sh|hooks\.slack\.com/services|dnslog|canarytokens|beeceptor|\.onion\b|rentry\.co"
    r"|workers\.dev|://(?:\d{1,3}\.){3}\d{1,3}[:/]?",
    re.IGNORECASE,
)


def host_of(destination: str) -> str:
    """The host that a URL or address names literally; "" where it is not known."""
    match = _HOST_OF_URL.match(destination)
    if match is not None:
        return match["host"].lower()
    bare = destination.partition("/")[0].partition(":")[0]
    return bare.lower() if re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", bare) else ""


def is_local(host: str) -> bool:
    return bool(_LOCAL.match(host))


def is_drop(destination: str) -> bool:
    """Whether the address is of a kind where stolen data is left: hooks, paste bins, bare numbers."""
    return bool(_DROP.search(destination)) and not is_local(host_of(destination))


def _shown(text: str) -> str:
    shown = text.replace(UNKNOWN, "…")
    return shown if len(shown) <= 60 else shown[:57] + "…"
