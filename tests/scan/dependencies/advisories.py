"""Advisories in the OSV format, written for the tests from public facts: ids, versions, vectors.

Sources: https://osv.dev/vulnerability/GHSA-x84v-xcm2-53pg (CVE-2018-18074), GHSA-8q59-q68h-6hv4 (CVE-2020-14343),
GHSA-mh33-7rrq-662w (CVE-2019-11324).
"""

from __future__ import annotations

REQUESTS_GHSA: dict[str, object] = {
    "id": "GHSA-x84v-xcm2-53pg",
    "modified": "2024-10-09T20:56:00Z",
    "aliases": ["CVE-2018-18074", "PYSEC-2018-28"],
    "summary": "Insufficiently protected credentials in Requests",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "requests"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.20.0"}]}],
        }
    ],
}
REQUESTS_PYSEC: dict[str, object] = {
    "id": "PYSEC-2018-28",
    "modified": "2024-04-22T23:29:06Z",
    "aliases": ["CVE-2018-18074", "GHSA-x84v-xcm2-53pg"],
    "details": "Requests before 2.20.0 sends an HTTP Authorization header after a redirect from https to http.",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "Requests"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.20.0"}]}],
            "versions": ["2.18.4", "2.19.0", "2.19.1"],
        }
    ],
}
PYYAML: dict[str, object] = {
    "id": "GHSA-8q59-q68h-6hv4",
    "modified": "2024-09-16T21:00:00Z",
    "aliases": ["CVE-2020-14343", "PYSEC-2021-142"],
    "summary": "Improper input validation in PyYAML",
    "severity": [
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
    ],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "PyYAML"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.4"}]}],
        }
    ],
}
URLLIB3: dict[str, object] = {
    "id": "GHSA-mh33-7rrq-662w",
    "modified": "2024-09-20T16:00:00Z",
    "aliases": ["CVE-2019-11324"],
    "summary": "Improper certificate validation in urllib3",
    "database_specific": {"severity": "HIGH"},
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "urllib3"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.24.2"}]}],
        }
    ],
}
WITHDRAWN: dict[str, object] = {
    "id": "GHSA-0000-0000-0000",
    "modified": "2023-01-01T00:00:00Z",
    "withdrawn": "2023-02-01T00:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "requests"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        }
    ],
}
OTHER_ECOSYSTEM: dict[str, object] = {
    "id": "GHSA-1111-1111-1111",
    "modified": "2023-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "requests"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        }
    ],
}
ALL = (REQUESTS_GHSA, REQUESTS_PYSEC, PYYAML, URLLIB3, WITHDRAWN, OTHER_ECOSYSTEM)
