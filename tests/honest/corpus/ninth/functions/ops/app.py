"""Tools of an operations team: repositories, deployments, certificates, logs, small generated files."""

import base64
import importlib.util
import json
import logging
import logging.config
import operator
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl

os.environ["DEPLOY_KEY"] = "ops-secret-5093"
os.environ.setdefault("HOME", "/tmp")
SECRETS = {"deploy": "ops-secret-5093"}
REPO = "/tmp/repo"
GIT = {
    **os.environ,
    "HOME": "/tmp",
    "GIT_CONFIG_COUNT": "3",
    "GIT_CONFIG_KEY_0": "user.email",
    "GIT_CONFIG_VALUE_0": "ops@example.org",
    "GIT_CONFIG_KEY_1": "user.name",
    "GIT_CONFIG_VALUE_1": "ops",
    "GIT_CONFIG_KEY_2": "safe.directory",
    "GIT_CONFIG_VALUE_2": "*",
}
DATES = {"GIT_AUTHOR_DATE": "2025-11-03T09:00:00Z", "GIT_COMMITTER_DATE": "2025-11-03T09:00:00Z"}


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=15, **more)
    return (done.stdout + done.stderr).strip()


def repository():
    if not os.path.exists(REPO):
        os.makedirs(REPO)
        for command in (
            ["git", "init", "-q", "-b", "main"],
            ["git", "commit", "-q", "--allow-empty", "-m", "First: it's here"],
            ["git", "branch", "feature/x-1"],
            ["git", "tag", "v1.0.0"],
        ):
            subprocess.run(command, cwd=REPO, env={**GIT, **DATES}, capture_output=True)


def branch_head(event, context):
    """A push's branch, looked up at its repository."""
    repository()
    push = json.loads(event["body"])
    url = push["repository"].get("clone_url", REPO)
    return {
        "statusCode": 200,
        "body": run(["git", "ls-remote", url, push["ref"].split("refs/heads/")[-1]], env=GIT)[:400],
    }


def clone(event, context):
    """A fresh copy for the build."""
    repository()
    subprocess.run(["rm", "-rf", "/tmp/work"])
    said = run(["git", "clone", "-q", "--branch", event["detail"]["branch"], REPO, "/tmp/work"], env=GIT)
    return {"said": said, "there": sorted(os.listdir("/tmp/work")) if os.path.isdir("/tmp/work") else []}


def commits_of(event, context):
    """The commits of a person, by a shell command from the wiki."""
    repository()
    author = event["arguments"]["author"]
    return run(
        f'cd {REPO} && git log --oneline --author="{author}" --format=%s | head -n 5', shell=True, env=GIT
    )


def commit(event, context):
    """A configuration is committed with a message."""
    repository()
    body = json.loads(event["body"])
    return {
        "statusCode": 200,
        "body": run(
            [
                "git",
                "commit",
                "-q",
                "--allow-empty",
                "--dry-run",
                "-m",
                body["message"],
                "--author",
                f"{body['name']} <{body['mail']}>",
            ],
            cwd=REPO,
            env=GIT,
        )
        or "ok",
    }


def certificate(event, context):
    """A request for a certificate, by openssl."""
    names = event["ResourceProperties"]
    subject = f"/C=IE/O={names.get('Organisation', 'Tea')}/CN={names['Domain']}"
    made = run(
        [
            "openssl",
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-subj",
            subject,
            "-utf8",
        ]
    )
    request = made[made.find("-----BEGIN CERTIFICATE REQUEST") :]
    return {
        "subject": run(
            ["openssl", "req", "-noout", "-subject", "-nameopt", "multiline,utf8,-esc_msb"], input=request
        )
    }


def fingerprint(event, context):
    """A digest of what was sent, with the algorithm asked for."""
    algorithm = (event.get("queryStringParameters") or {}).get("algorithm", "sha256")
    return {
        "statusCode": 200,
        "body": run("printf %s " + shlex.quote(event["body"]) + " | openssl dgst -" + algorithm, shell=True),
    }


def remote(event, context):
    """Uptime of a host over ssh."""
    return {
        "said": run(
            ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=2", event["host"], "uptime"],
            env={**os.environ, "HOME": "/tmp"},
        )[-200:]
    }


def rendered(event, context):
    """A name is put into a configuration with sed."""
    with open("/tmp/site.conf", "w") as file:
        file.write("server_name NAME;\nlisten 80;\n")
    done = []
    for record in event["Records"]:
        name = json.loads(record["body"])["server"]
        done.append(run(["sed", f"s|NAME|{name}|", "/tmp/site.conf"]))
    return done


def deploy_env(event, context):
    """Variables of a deployment are written to a file, which the script reads."""
    with open("/tmp/deploy.env", "w") as file:
        for key, value in event["variables"].items():
            file.write(f'export {key}="{value}"\n')
    return {"said": run("sh -c '. /tmp/deploy.env; echo deployed $APP to $STAGE'", shell=True)}


def with_env(event, context):
    """The same, with the process's environment."""
    return {
        "said": run(
            ["bash", "-c", 'echo "deployed $APP to $STAGE"'], env={**os.environ, **event["variables"]}
        )
    }


def settings_module(event, context):
    """A settings module is generated and imported by the build."""
    body = json.loads(event["body"])
    path = "/tmp/generated_settings.py"
    with open(path, "w") as file:
        file.write(
            '"""Generated."""\n' + "".join(f"{key.upper()} = '{value}'\n" for key, value in body.items())
        )
    spec = importlib.util.spec_from_file_location("generated_settings", path)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return {
        "statusCode": 200,
        "body": json.dumps(
            {key: str(value) for key, value in vars(module).items() if key.isupper()}, ensure_ascii=False
        ),
    }


def schedule(event, context):
    """A line for cron; a test runs its command once."""
    path = "/tmp/crontab"
    with open(path, "w") as file:
        for job in event["jobs"]:
            file.write(
                f"{job['minute']} {job['hour']} * * * echo backup of {job['target']} # {job.get('note', '')}\n"
            )
    done = []
    for line in Path(path).read_text().splitlines():
        done.append(run(["sh", "-c", line.split("* * * ", 1)[1].split(" # ")[0]]))
    return done


def visit(event, context):
    """A visit is written to the log."""
    os.makedirs("/tmp/logs", exist_ok=True)
    line = f'{event["requestContext"]["http"]["sourceIp"]} "{event["headers"].get("user-agent", "-")}" {event["rawPath"]}'
    with open("/tmp/logs/access.log", "a") as file:
        file.write(line + "\n")
    return {"statusCode": 204, "body": ""}


def agents(event, context):
    """Last visitors, by a script that somebody wrote at night."""
    os.makedirs("/tmp/logs", exist_ok=True)
    Path("/tmp/logs/access.log").touch()
    script = 'tail -n %d /tmp/logs/access.log | cut -d\'"\' -f2 | while read -r ua; do eval "echo agent: $ua"; done'
    return run(["sh", "-c", script % int(event.get("last", 1))]).splitlines()


def logging_setup(event, context):
    """Levels of loggers from the parameter store."""
    config = {"version": 1, "disable_existing_loggers": False, **event["logging"]}
    logging.config.dictConfig(config)
    handler = logging.getLogger("shop").handlers
    return {
        "level": logging.getLogger("shop").getEffectiveLevel(),
        "handlers": [str(one)[:200] for one in handler],
    }


class Stack:
    """A stack that tools ask about."""

    def __init__(self, name):
        self.name, self.status, self.owner = name, "CREATE_COMPLETE", {"team": "web"}

    def describe(self):
        return f"{self.name}: {self.status}"


def field(event, context):
    """A field of the stack, dotted."""
    return {"value": str(operator.attrgetter(event["field"])(Stack(event.get("stack", "web"))))}


def node_slug(event, context):
    """A slug by a JavaScript library that the site uses as well."""
    title = event["title"].replace("'", "\\'").replace("\n", " ")
    return {
        "slug": run(
            [
                "node",
                "-e",
                f"console.log('{title}'.normalize('NFD').toLowerCase().replace(/[^a-z0-9]+/g, '-'))",
            ]
        )
    }


def perl_replace(event, context):
    """An old line of Perl changes a word in a text."""
    return {"text": run(["perl", "-pe", f"s/\\Q{event['old']}\\E/{event['new']}/g"], input=event["text"])}


def inventory(event, context):
    """The inventory lies in SQLite; the command line's program is asked."""
    if not os.path.exists("/tmp/inventory.db"):
        run(
            [
                "sqlite3",
                "/tmp/inventory.db",
                "create table hosts (name text, owner text); insert into hosts values ('web-1','dana'),('db-1','o''neil'); create table keys (k text); insert into keys values ('ops-secret-5093');",
            ]
        )
    fields = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    return {
        "statusCode": 200,
        "body": run(
            ["sqlite3", "/tmp/inventory.db", f"select name from hosts where owner = '{fields['owner']}'"]
        ),
    }


def words(event, context):
    """Words of a list, one program for each: xargs."""
    return run(
        "printf '%s\\n' "
        + " ".join(shlex.quote(one) for one in event["words"])
        + " | xargs -I{} sh -c 'echo \"<{}>\"'",
        shell=True,
    ).splitlines()


def makefile(event, context):
    """A build file with the targets of a project."""
    with open("/tmp/Makefile", "w") as file:
        file.write(
            "NAME = %s\nall:\n\t@echo building $(NAME)\n" % event["detail"]["project"].replace("$", "$$")
        )
    return {
        "said": run(
            ["make", "-s", "-f", "/tmp/Makefile", re.sub(r"\s", "", event["detail"].get("target", "all"))]
        )
    }
