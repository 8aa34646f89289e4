"""Protections that protect only with an account, a licence or a service of their makers'; each is asked first.

Where the answer is no, the gauntlet shows what was seen. With the variables that each names it is put on as documented;
nobody here could try that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.peers.peer import ProbedPeer

if TYPE_CHECKING:
    from collections.abc import Mapping


class FunctionShield(ProbedPeer):
    """PureSec's library for Lambda handlers; a token came from its maker. https://pypi.org/project/function-shield/"""

    name: ClassVar[str] = "function-shield"
    title: ClassVar[str] = "FunctionShield, everything blocked"
    requirements: ClassVar[str] = "function-shield"
    packages: ClassVar[tuple[str, ...]] = ("function-shield",)
    programs: ClassVar[tuple[str, ...]] = ("peer_function_shield",)
    entry: ClassVar[str] = "peer_function_shield.handler"
    is_behind_gateway: ClassVar[bool] = False
    question: ClassVar[str] = "ask_function_shield"
    asks_for: ClassVar[tuple[str, ...]] = ("FUNCTION_SHIELD_TOKEN",)


class AppDefender(ProbedPeer):
    """Extrinsec's library for Lambda handlers; policies come from its service. https://pypi.org/project/appdefender/"""

    name: ClassVar[str] = "appdefender"
    title: ClassVar[str] = "AppDefender"
    requirements: ClassVar[str] = "appdefender"
    packages: ClassVar[tuple[str, ...]] = ("appdefender",)
    programs: ClassVar[tuple[str, ...]] = ("peer_appdefender",)
    entry: ClassVar[str] = "peer_appdefender.handler"
    is_behind_gateway: ClassVar[bool] = False
    question: ClassVar[str] = "ask_appdefender"
    asks_for: ClassVar[tuple[str, ...]] = ("ES_LICENSE_KEY", "ES_POLICY_GROUP_NAME")


class Contrast(ProbedPeer):
    """Contrast's agent on a Flask application, started by its runner. https://docs.contrastsecurity.com/en/python.html"""

    name: ClassVar[str] = "contrast"
    title: ClassVar[str] = "Contrast on Flask, blocking"
    requirements: ClassVar[str] = "contrast"
    packages: ClassVar[tuple[str, ...]] = ("contrast-agent",)
    programs: ClassVar[tuple[str, ...]] = ("peer_flask",)
    entry: ClassVar[str] = "peer_flask.handler"
    variables: ClassVar[Mapping[str, str]] = {
        "CONTRAST__ENABLE": "true",
        "CONTRAST__ASSESS__ENABLE": "false",
        "CONTRAST__PROTECT__ENABLE": "true",
        "CONTRAST__PROTECT__RULES__CMD_INJECTION__MODE": "block",
        "CONTRAST__PROTECT__RULES__PATH_TRAVERSAL__MODE": "block",
        "CONTRAST__PROTECT__RULES__SQL_INJECTION__MODE": "block",
        "CONTRAST__AGENT__LOGGER__LEVEL": "ERROR",
        # The function's folder cannot be written on Lambda.
        "CONTRAST__AGENT__LOGGER__PATH": "/tmp/contrast-agent.log",
    }
    wrapper: ClassVar[str] = 'exec "${1%/*}/contrast-python-run" -- "$@"'
    question: ClassVar[str] = "ask_contrast"
    asks_for: ClassVar[tuple[str, ...]] = ("CONTRAST__API__",)


class Sqreen(ProbedPeer):
    """Sqreen's agent, whose service ended in 2023; Datadog took it over. https://pypi.org/project/sqreen/"""

    name: ClassVar[str] = "sqreen"
    title: ClassVar[str] = "Sqreen on Flask"
    requirements: ClassVar[str] = "sqreen"
    packages: ClassVar[tuple[str, ...]] = ("sqreen",)
    programs: ClassVar[tuple[str, ...]] = ("peer_flask", "peer_sqreen")
    entry: ClassVar[str] = "peer_sqreen.handler"
    question: ClassVar[str] = "ask_sqreen"
    asks_for: ClassVar[tuple[str, ...]] = ("SQREEN_TOKEN",)


class Wallarm(ProbedPeer):
    """Wallarm's middleware, which asks a server that is not on PyPI. https://pypi.org/project/wallarmrasp/"""

    name: ClassVar[str] = "wallarm"
    title: ClassVar[str] = "Wallarm RASP on Flask, blocking"
    requirements: ClassVar[str] = "wallarm"
    packages: ClassVar[tuple[str, ...]] = ("wallarmrasp",)
    programs: ClassVar[tuple[str, ...]] = ("peer_flask", "peer_wallarm")
    entry: ClassVar[str] = "peer_wallarm.handler"
    question: ClassVar[str] = "ask_wallarm"
    asks_for: ClassVar[tuple[str, ...]] = ("WALLARM_RASP_",)


class Gemini(ProbedPeer):
    """gemini_self_protector on Flask, set up by dialogue. https://pypi.org/project/gemini-self-protector/"""

    name: ClassVar[str] = "gemini-self-protector"
    title: ClassVar[str] = "gemini_self_protector on Flask"
    requirements: ClassVar[str] = "gemini"
    packages: ClassVar[tuple[str, ...]] = ("gemini-self-protector",)
    programs: ClassVar[tuple[str, ...]] = ("peer_flask", "peer_gemini")
    entry: ClassVar[str] = "peer_gemini.handler"
    question: ClassVar[str] = "ask_gemini"
