"""The names of the ATT&CK techniques that findings carry: https://attack.mitre.org, Enterprise v18.1."""

from __future__ import annotations

from dayfly.core.findings import KINDS

_OTHERS = {
    "T1029": "Scheduled Transfer",
    "T1036": "Masquerading",
    "T1041": "Exfiltration Over C2 Channel",
    "T1059.004": "Unix Shell",
    "T1070": "Indicator Removal",
    "T1071": "Application Layer Protocol",
    "T1078": "Valid Accounts",
    "T1078.004": "Cloud Accounts",
    "T1087.004": "Cloud Account",
    "T1110": "Brute Force",
    "T1110.003": "Password Spraying",
    "T1110.004": "Credential Stuffing",
    "T1119": "Automated Collection",
    "T1195.002": "Compromise Software Supply Chain",
    "T1496.004": "Cloud Service Hijacking",
    "T1499.003": "Application Exhaustion Flood",
    "T1546": "Event Triggered Execution",
    "T1550.001": "Application Access Token",
    "T1552.005": "Cloud Instance Metadata API",
    "T1562.001": "Disable or Modify Tools",
    "T1595": "Active Scanning",
    "T1595.002": "Vulnerability Scanning",
}
# A technique that is not here is told by its id alone.
NAMES: dict[str, str] = {**dict(kind.attack for kind in KINDS if kind.attack is not None), **_OTHERS}
