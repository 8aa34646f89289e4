"""Top-level modules of packages that are not the project's own: those it declares, Lambda's, and well-known ones."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.lookalike import popular_names
from dayfly.scan.dependencies.manifests import read_manifests

if TYPE_CHECKING:
    from dayfly.scan.source.project import Project

# What a managed Python runtime of Lambda brings, and the module it is imported as.
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-dependencies
RUNTIME = {
    "boto3": "boto3", "botocore": "botocore", "s3transfer": "s3transfer", "jmespath": "jmespath",
    "urllib3": "urllib3", "python-dateutil": "dateutil", "six": "six", "awslambdaric": "awslambdaric",
}  # fmt: skip
# Packages whose module is not named like them.
_MODULES = {
    "attrs": "attr", "aws-cdk-lib": "aws_cdk", "beautifulsoup4": "bs4", "djangorestframework": "rest_framework",
    "gitpython": "git", "launchdarkly-server-sdk": "ldclient", "line-bot-sdk": "linebot", "mysql-connector-python": "mysql",
    "mysqlclient": "MySQLdb", "opencv-python": "cv2", "opencv-python-headless": "cv2", "opensearch-py": "opensearchpy",
    "pillow": "PIL", "protobuf": "google", "psycopg-binary": "psycopg", "psycopg2-binary": "psycopg2",
    "pycryptodome": "Crypto", "pycryptodomex": "Cryptodome", "pyjwt": "jwt", "pymupdf": "fitz", "pynacl": "nacl",
    "pyopenssl": "OpenSSL", "python-dateutil": "dateutil", "python-docx": "docx", "python-dotenv": "dotenv",
    "python-jose": "jose", "python-json-logger": "pythonjsonlogger", "python-magic": "magic",
    "python-multipart": "multipart", "python-pptx": "pptx", "python-telegram-bot": "telegram", "pyyaml": "yaml",
    "scikit-image": "skimage", "scikit-learn": "sklearn", "setuptools": "pkg_resources", "slackclient": "slack",
}  # fmt: skip
# Namespaces that many packages share: `google-cloud-storage` is imported as `google.cloud.storage`.
_SHARED = frozenset({"azure", "google", "opentelemetry", "ruamel", "zope"})
# What packages have in their name and modules have not: `pyhumps` is imported as `humps`.
_AFFIX = re.compile(r"^py(?:thon-?|-)?(?=\w{4})|-(?:py|python)3?$")
# How far down the list of downloads a name is taken for a package's that is not declared.
_WELL_KNOWN = 3_000


def module_of(name: str) -> str:
    """The top-level module of a package by its normalised name, as far as names tell."""
    first = name.partition("-")[0]
    return first if first in _SHARED else _MODULES.get(name, name.replace("-", "_"))


def declared_modules(project: Project) -> frozenset[str]:
    """Of what the project's files require and of Lambda's runtime, in lower case; not what it is published as itself."""
    manifests = read_manifests(project)
    own = {module_of(name) for manifest in manifests for name in manifest.own_names}
    declared = {
        module
        for manifest in manifests
        for one in manifest.requirements
        for module in (module_of(one.name), _AFFIX.sub("", one.name).replace("-", "_"))
    }
    return frozenset(name.lower() for name in (declared | {*RUNTIME.values()}) - own)


@cache
def well_known_modules() -> frozenset[str]:
    """Of the most downloaded packages, in lower case. Some have everyday names: `events`, `schema`, `parse`."""
    names = popular_names(_WELL_KNOWN)
    return frozenset(name.lower() for name in (*_MODULES.values(), *(module_of(name) for name in names)))
