"""Operations: tools for administrators, runbooks, tasks by name, flags, logging, variables of the environment."""

import importlib
import json
import logging.config
import operator
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

BASE = Path("/tmp/fifth-ops")
DEPLOY_KEY = "ops-deploy-key-808"


def fresh():
    shutil.rmtree(BASE, ignore_errors=True)
    BASE.mkdir(parents=True)
    (BASE / "app.log").write_text("INFO start\nERROR O'Brien; failed\nINFO end\n")
    return BASE


def command(event, context):
    """An administrator's tool that runs what it is given: only a role of theirs can invoke it."""
    done = subprocess.run(event["command"], cwd=fresh(), capture_output=True, text=True, timeout=10)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}


RUNBOOKS = {
    "errors": "grep -c ERROR {file}",
    "tail": "tail -n {lines} {file}",
    "find": "grep -F -e {text} {file}",
}


def runbook(event, context):
    """A runbook of a list, with its parameters quoted for the shell."""
    fresh()
    values = {
        "file": str(BASE / "app.log"),
        "lines": "1",
        **{name: str(one) for name, one in event.get("with", {}).items()},
    }
    text = RUNBOOKS[event["runbook"]].format_map({name: shlex.quote(one) for name, one in values.items()})
    return subprocess.run(text, shell=True, capture_output=True, text=True, executable="/bin/sh").stdout


def log_search(event, context):
    """Lines of a log with a text, by the shell."""
    fresh()
    return os.popen(f'grep -i "{event["detail"]["text"]}" {BASE}/app.log').read().splitlines()


def log_search_level(event, context):
    """A level of a list and a number made a number."""
    fresh()
    level = event["level"] if event["level"] in {"INFO", "ERROR"} else "INFO"
    text = f"grep {level} {BASE}/app.log | head -n {int(event.get('most', 5))}"
    return subprocess.check_output(["sh", "-c", text], text=True).splitlines()


def publish(event, context):
    """A status page: the title through the shell into a file."""
    fresh()
    os.system(f"echo '<h1>'{event['title']}'</h1>' > {BASE}/status.html")
    return (BASE / "status.html").read_text()


def task(event, context):
    """A scheduled task by its module and its function."""
    module = importlib.import_module(event["module"])
    return str(getattr(module, event["function"])(*event.get("args", [])))


def task_dotted(event, context):
    """A task by one dotted name, as schedulers write them."""
    name, _, function = event["detail"]["task"].rpartition(".")
    target = operator.attrgetter(function)(__import__(name or "jobs", fromlist=["x"]))
    return str(target(**event["detail"].get("kwargs", {})))


def task_listed(event, context):
    """A task by its key in a list."""
    import jobs.daily

    listed = {"clean": jobs.daily.clean, "report": jobs.daily.report}
    chosen = listed.get(event["task"])
    return str(chosen(*event.get("args", []))) if chosen else f"no task {event['task']}"


def flag(event, context):
    """A flag whose rule came with the request of the flags' own service."""
    user = event["user"]
    return {
        "on": str(
            eval(
                event["rule"], {}, {"country": user["country"], "age": user["age"], "plan": user.get("plan")}
            )
        )
    }


def flag_table(event, context):
    """A flag by a table of fields, comparisons and values."""
    signs = {"==": operator.eq, ">": operator.gt, "<": operator.lt, "in": lambda a, b: a in b}
    return all(signs[sign](event["user"].get(field), value) for field, sign, value in event["rules"])


def log_level(event, context):
    """Logging set up by a document, and what became of it."""
    settings = {"version": 1, "disable_existing_loggers": False, **event["logging"]}
    logging.config.dictConfig(settings)
    logger = logging.getLogger("fifth")
    return [
        logging.getLevelName(logger.level),
        [
            str(one.formatter._fmt if isinstance(one.formatter, logging.Formatter) else one.formatter)
            for one in logger.handlers
        ],
    ]


def job_variables(event, context):
    """A job with variables of the environment from its description."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **event["variables"]}
    done = subprocess.run(
        ["bash", "-c", 'echo "job for $CUSTOMER"'], env=environment, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def job_variables_checked(event, context):
    """The same with variables of one beginning."""
    environment = {"PATH": "/usr/bin:/bin"}
    environment |= {
        f"JOB_{name}": value
        for name, value in event["variables"].items()
        if re.fullmatch(r"[A-Z]{1,20}", name)
    }
    done = subprocess.run(
        ["sh", "-c", 'printf "%s|" "$JOB_CUSTOMER" "$JOB_NOTE"'],
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.stdout


def tidy_resource(event, context):
    """A custom resource: a file below the function's folder, removed on Delete."""
    folder = fresh() / "sites"
    folder.mkdir()
    path = folder / event["ResourceProperties"]["Name"]
    if event["RequestType"] == "Delete":
        path.unlink(missing_ok=True)
    else:
        path.write_text(json.dumps(event["ResourceProperties"].get("Content", "")))
    return {
        "PhysicalResourceId": "site",
        "Data": {"Sites": sorted(os.listdir(folder)), "All": sorted(os.listdir(BASE))},
    }


def apply_patch(event, context):
    """A dotted path set in a document that is a plain dictionary."""
    document = {"a": {"b": 1}, "list": []}
    for path, value in event["set"].items():
        *parents, last = path.split(".")
        target = document
        for one in parents:
            target = target.setdefault(one, {})
        target[last] = value
    return document
