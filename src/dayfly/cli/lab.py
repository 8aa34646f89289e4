"""`dayfly lab serve`: functions on this machine behind the Invoke API, until interrupted."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, cast

from cyclopts import Parameter

from dayfly.cli.lab_config import load_lab_file
from dayfly.cli.lab_fleet import find_target, give_fleet_key
from dayfly.cli.lab_serve_view import Served, ServeView
from dayfly.cli.output import Output
from dayfly.errors import SettingError
from dayfly.lab.faults.file import load_plans
from dayfly.lab.faults.plan import FaultPlan
from dayfly.lab.front import Front
from dayfly.lab.handler_check import check_handler
from dayfly.lab.lab import Lab
from dayfly.lab.model import ConfinementChoice, FunctionConfig, LogLine, RuntimeKind
from dayfly.lab.server import LabServer
from dayfly.lab.services import check_services_url
from dayfly.lab.shipping import Shipper, Target

DEFAULT_PORT = 9001
DEFAULT_HOST = "127.0.0.1"
DEFAULT_ENVIRONMENTS = 256


def serve(
    folder: Path | None = None,
    *,
    handler: str | None = None,
    name: str | None = None,
    runtime: RuntimeKind = "plain",
    timeout: float = 3.0,
    memory: int = 128,
    env: Annotated[list[str] | None, Parameter(negative="")] = None,
    python: Path | None = None,
    reserved_concurrency: int | None = None,
    idle_expiry: float = 600.0,
    url: Literal["NONE", "AWS_IAM"] | None = None,
    config: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    max_environments: int | None = None,
    confinement: ConfinementChoice | None = None,
    services: str | None = None,
    async_speed: float | None = None,
    rate_limits: Annotated[bool, Parameter(negative="")] = False,
    fleet: str | None = None,
    fleet_token_file: Path | None = None,
    fleet_key_file: Path | None = None,
    faults: Path | None = None,
    unsafe_host_exposed: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run functions on this machine behind the Lambda Invoke API.

    Each environment is a process tree with awslambdaric or Dayfly, frozen between invocations. The command
    prints the active confinement and an example invocation, then the logs of all functions. Ctrl-C stops
    everything.

    Examples:

        dayfly lab serve ./function --handler app.handler
        dayfly lab serve ./function --handler app.handler --runtime dayfly
        dayfly lab serve ./function --handler app.handler --env TABLE=payments
        dayfly lab serve --config lab.toml --port 9002
        dayfly lab serve ./function --handler app.handler --url NONE
        dayfly lab serve --config lab.toml --services http://127.0.0.1:5000
        dayfly lab serve --config lab.toml --fleet http://127.0.0.1:8710
        dayfly lab serve --config lab.toml --faults faults.toml

    Parameters
    ----------
    folder
        Folder with the function's deployment package.
    handler
        Handler, for example app.handler.
    name
        The function's name (default: the folder's name).
    runtime
        plain runs awslambdaric without Dayfly; dayfly runs it with Dayfly.
    timeout
        Timeout of an invocation in seconds.
    memory
        Memory size in MB that the function sees.
    env
        Environment variable KEY=VALUE for the function; repeatable.
    python
        Python that runs the function (default: this one); awslambdaric must be installed in it.
    reserved_concurrency
        Maximum number of concurrent invocations; more are throttled.
    idle_expiry
        Seconds after which an idle environment is shut down.
    url
        Give the function a URL: NONE allows everyone to call it, AWS_IAM requires signed requests.
    config
        A lab.toml with several functions, instead of FOLDER.
    host
        Address to listen on (default 127.0.0.1).
    port
        Port to listen on (default 9001); 0 selects a free port.
    max_environments
        Maximum number of environments of all functions (default 256).
    confinement
        How to isolate functions from this machine: auto uses bubblewrap if it works, else runs without and
        warns.
    services
        URL of a moto server or LocalStack with the queues, topics, buckets and buses that functions use.
    async_speed
        Speed factor for asynchronous retries (default 1): with 60, the one-minute wait before the first retry
        takes a second.
    rate_limits
        Also apply Lambda's request rates: 10 a second per unit of concurrency, and 15 API calls a second.
    fleet
        URL of a fleet service: the lab sends it all log records, and functions under Dayfly log each
        invocation. While the service is unreachable, up to 64 MiB of records wait and more are dropped;
        invocations never wait.
    fleet_token_file
        File with the fleet's ingest key.
    fleet_key_file
        File with the fleet's signing key, which functions under Dayfly get as DAYFLY_FLEET_KEY.
    faults
        File with faults to inject: failing Runtime API answers, killed processes, full disks, limits.
    unsafe_host_exposed
        Allow an address that other machines can reach; anyone who reaches it can run your function.
    quiet
        Do not print logs and events. Use it with a pipe that no program reads, because a full pipe stops the
        lab.
    json
        Print JSON lines: the served functions, events and logs.
    """
    output = Output(is_json=json)
    lab_table: dict[str, str | int | float] = {}
    if config is not None:
        if folder is not None or handler is not None:
            raise SettingError(
                "--config and FOLDER were both given",
                hint="use only one of them; --config can hold this function too",
            )
        loaded = load_lab_file(config)
        lab_table, functions = dict(loaded.lab), loaded.functions
    elif folder is None:
        raise SettingError(
            "no function to serve", hint="dayfly lab serve FOLDER --handler app.handler, or --config lab.toml"
        )
    elif not folder.is_dir():
        raise SettingError(
            f"{folder} is not a folder", hint="give the folder that contains the handler's file"
        )
    elif handler is None:
        raise SettingError(
            f"no handler for {folder}",
            hint='add --handler, for example --handler app.handler for the function "handler" in app.py',
        )
    else:
        functions = (
            FunctionConfig(
                name=name or folder.resolve().name,
                folder=folder,
                handler=handler,
                runtime=runtime,
                timeout_s=timeout,
                memory_mb=memory,
                environment=parse_environment(env or []),
                python=python or Path(sys.executable),
                reserved_concurrency=reserved_concurrency,
                idle_expiry_s=idle_expiry,
                front=Front(url=url or ""),
            ),
        )
    chosen_host = host or str(lab_table.get("host", DEFAULT_HOST))
    check_host(chosen_host, is_exposed_allowed=unsafe_host_exposed)
    chosen_port = port if port is not None else int(lab_table.get("port", DEFAULT_PORT))
    if not 0 <= chosen_port <= 65535:
        raise SettingError(f"port {chosen_port} is out of range", hint="use 0 to 65535")
    limit = max_environments
    if limit is None:
        limit = int(lab_table.get("max_environments", DEFAULT_ENVIRONMENTS))
    if limit < 1:
        raise SettingError("at least one environment is needed", hint="use --max-environments 1 or more")
    choice = confinement or str(lab_table.get("confinement", "auto"))
    if choice not in ("auto", "bubblewrap", "none"):
        raise SettingError(f"unknown confinement {choice!r}", hint="use auto, bubblewrap or none")
    target = find_target(
        fleet or _text(lab_table, "fleet"), fleet_token_file or _path(config, lab_table, "fleet_token_file")
    )
    functions = give_fleet_key(
        functions,
        key_file=fleet_key_file or _path(config, lab_table, "fleet_key_file"),
        is_shipping=target is not None,
    )
    plan = faults or _path(config, lab_table, "faults")
    if plan is not None:
        functions = give_faults(functions, plan)
    for function in functions:
        if function.folder.is_dir():
            check_handler(function.folder, function.handler)
    other = services or _text(lab_table, "services")
    speed = async_speed if async_speed is not None else float(lab_table.get("async_speed", 1.0))
    if not 0 < speed < math.inf:
        raise SettingError(
            f"--async-speed {speed} is not positive",
            hint=("use a number above 0; 1 is Lambda's own speed"),
        )
    serving = _Serving(
        functions,
        chosen_host,
        chosen_port,
        limit,
        cast(ConfinementChoice, choice),
        target,
        check_services_url(other) if other is not None else None,
        speed,
        rate_limits or bool(lab_table.get("rate_limits", False)),
        quiet,
    )
    asyncio.run(_serve(output, serving))
    return 0


def give_faults(functions: tuple[FunctionConfig, ...], path: Path) -> tuple[FunctionConfig, ...]:
    """Give each function its faults of a plan; raises SettingError for a plan that names others."""
    plans = load_plans(path)
    names = {function.name for function in functions}
    if strange := sorted(set(plans) - names - {""}):
        raise SettingError(
            f"{path}: unknown function {strange[0]}", hint=f"use one of {', '.join(sorted(names))}"
        )
    everybody = plans[""] if plans[""] != FaultPlan() else None
    return tuple(replace(one, faults=plans.get(one.name, everybody)) for one in functions)


def _text(table: dict[str, str | int | float], key: str) -> str | None:
    return str(table[key]) if key in table else None


def _path(config: Path | None, table: dict[str, str | int | float], key: str) -> Path | None:
    return config.parent / str(table[key]) if config is not None and key in table else None


@dataclass(frozen=True, slots=True)
class _Serving:
    functions: tuple[FunctionConfig, ...]
    host: str
    port: int
    max_environments: int
    confinement: ConfinementChoice
    target: Target | None
    services: str | None
    async_speed: float
    keeps_rates: bool
    is_quiet: bool


def parse_environment(pairs: list[str]) -> dict[str, str]:
    """`KEY=VALUE` words as a mapping; raises SettingError for one without `=`."""
    variables: dict[str, str] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise SettingError(f"--env {pair!r} has no value", hint="write --env KEY=VALUE")
        variables[key] = value
    return variables


def check_host(host: str, *, is_exposed_allowed: bool) -> None:
    """Refuse an address other machines can reach unless that was asked for by its unsafe name."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise SettingError(f"{host!r} is not an IP address", hint="use 127.0.0.1") from error
    if not address.is_loopback and not is_exposed_allowed:
        raise SettingError(
            f"other machines can reach {host} and run your function without authentication",
            hint="use 127.0.0.1, or add --unsafe-host-exposed to allow it",
        )


async def _serve(output: Output, serving: _Serving) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    shipper = Shipper(serving.target, warn=output.warn) if serving.target is not None else None
    view = ServeView(output, is_quiet=serving.is_quiet, hang_up=stop.set)

    def show_log(line: LogLine) -> None:
        if shipper is not None:
            shipper.take(line)
        view.show_log(line)

    lab = Lab(
        confinement=serving.confinement,
        max_environments=serving.max_environments,
        log=show_log,
        services=serving.services,
        async_speed=serving.async_speed,
        keeps_rates=serving.keeps_rates,
    )
    try:
        async with lab:
            lab.subscribe(view.show_event)
            for function in serving.functions:
                await lab.add_function(function)
            async with LabServer(lab, host=serving.host, port=serving.port) as server:
                view.announce(
                    Served(
                        server.url,
                        serving.functions,
                        server.function_urls,
                        lab.confinement,
                        fleet=serving.target.url if serving.target is not None else "",
                        services=serving.services or "",
                    )
                )
                await stop.wait()
                output.say("Stopping all environments.")
    finally:
        # After the lab: the lines of its end belong to the fleet, too.
        if shipper is not None:
            left = await asyncio.to_thread(shipper.close)
            if left.waiting or left.dropped or left.refused:
                output.warn(
                    f"log records sent to the fleet service: {left.sent}; not sent: {left.waiting} "
                    f"waiting, {left.dropped} dropped, {left.refused} refused"
                )
    output.say("Stopped.")
