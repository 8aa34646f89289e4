"""PostgreSQL, MariaDB and Redis, each with a table or list in which functions write what they do."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Literal

from tests.real.daemons import find_program, free_port, running, unprivileged
from tests.real.environment import real_python
from tests.real.ledger import Entry, Ledger, named
from tests.unprivileged import UID

QUERY_TIMEOUT_S = 20.0


class StoredLedger(Ledger):
    """The ledger that a database keeps itself: functions write label and connection into it."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    def entries(self, run: str) -> list[Entry]:
        """Everything that `run` has written and committed."""
        return [
            Entry(run, named(label.partition("-")[2]), connection)
            for label, connection in self._database.written()
            if label.startswith(f"{run}-")
        ]

    @property
    def faults(self) -> list[str]:
        """Lines of the server's log that speak of a broken protocol."""
        return self._database.faults()


class Database(ABC):
    """One server program on a free loopback port, between `__enter__` and `__exit__`."""

    # What the log says when two processes have written to one connection.
    broken: re.Pattern[str] = re.compile(r"(?!)")

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.ledger: Ledger = StoredLedger(self)
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self._log = folder / "log"

    def __enter__(self) -> Database:
        self._folder.mkdir()
        if os.geteuid() == 0:
            os.chown(self._folder, self.uid(), -1)
        self.start(self._stack)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def uid(self) -> int:
        """The user it runs as."""
        return UID

    def faults(self) -> list[str]:
        """Lines of its log that speak of a broken protocol."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return [line for line in lines if self.broken.search(line)]

    def is_listening(self) -> bool:
        """Whether the port answers."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def run_as_user(self, *command: str) -> None:
        """Run a set-up program; raises subprocess.CalledProcessError, its output noted."""
        try:
            subprocess.run(
                unprivileged(command, uid=self.uid()),
                cwd=self._folder,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": str(self._folder)},
                check=True,
                capture_output=True,
                timeout=500,
            )
        except subprocess.CalledProcessError as failure:
            failure.add_note((failure.stdout + failure.stderr).decode(errors="replace"))
            raise

    @abstractmethod
    def start(self, stack: contextlib.ExitStack) -> None:
        """Start it and make what functions expect in it."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The variables that lead a function to it."""

    @abstractmethod
    def written(self) -> list[tuple[str, str]]:
        """Label and connection of everything that was written."""

    @abstractmethod
    def drop_idle(self) -> None:
        """Close the connections on which it waits for a command."""


_TABLE = "create table seen (label varchar(80) not null, connection varchar(40) not null)"
_ORDERS = "create table orders (id varchar(80) primary key, amount integer not null)"


class Postgres(Database):
    """PostgreSQL without durability."""

    broken = re.compile(r"invalid frontend message|invalid length|protocol|unexpected message type")

    def uid(self) -> int:
        """PostgreSQL refuses users without a name."""
        if os.geteuid() != 0:
            return os.getuid()
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name).pw_uid
        return UID

    def start(self, stack: contextlib.ExitStack) -> None:
        """Make a cluster and start it."""
        data = self._folder / "data"
        initdb = find_program("initdb", package="postgresql")
        self.run_as_user(
            initdb, "--no-sync", "--auth=trust", "--username=shop", "--encoding=UTF8", "-D", str(data)
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "max_connections": "200",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._log = stack.enter_context(
            running(
                [
                    find_program("postgres", package="postgresql"),
                    "-D",
                    str(data),
                    "-p",
                    str(self.port),
                    *settings,
                ],
                folder=self._folder,
                is_ready=self._is_ready,
                uid=self.uid(),
                # "Fast": open connections are no reason to wait.
                stop=signal.SIGINT,
            )
        )
        self._query(_TABLE)
        self._query(_ORDERS)

    def environment(self) -> dict[str, str]:
        """As its drivers take it."""
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "shop", "PGDATABASE": "postgres"}

    def written(self) -> list[tuple[str, str]]:
        """The table's rows."""
        rows = self._query("select label, connection from seen").splitlines()
        return [(label, connection) for label, _, connection in (row.partition("|") for row in rows)]

    def drop_idle(self) -> None:
        """End the backends that wait for a command."""
        self._query(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )

    def _is_ready(self) -> bool:
        return self._psql("select 1").returncode == 0

    def _query(self, sql: str) -> str:
        done = self._psql(sql)
        assert done.returncode == 0, f"{sql}: {done.stderr}"
        return done.stdout

    def _psql(self, sql: str) -> subprocess.CompletedProcess[str]:
        command = [find_program("psql", package="postgresql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
        return subprocess.run(
            command,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=QUERY_TIMEOUT_S,
        )


class MariaDb(Database):
    """MariaDB without durability; the client is PyMySQL of the functions' environment."""

    broken = re.compile(r"packets out of order", re.IGNORECASE)

    def start(self, stack: contextlib.ExitStack) -> None:
        """Make a data directory and start it."""
        data = self._folder / "data"
        server = find_program("mariadbd", package="mariadb-server-core")
        self.run_as_user(
            find_program("mariadb-install-db", package="mariadb-server-core"),
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
        )
        self._log = stack.enter_context(
            running(
                [
                    server,
                    "--no-defaults",
                    f"--datadir={data}",
                    "--bind-address=127.0.0.1",
                    f"--port={self.port}",
                    f"--socket={self._folder / 'socket'}",
                    f"--pid-file={self._folder / 'pid'}",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--innodb-buffer-pool-size=16M",
                    "--max-connections=500",
                    "--skip-log-bin",
                ],
                folder=self._folder,
                is_ready=self.is_listening,
            )
        )
        for statement in ("create database shop", f"use shop; {_TABLE}; {_ORDERS}"):
            self._query(statement)

    def environment(self) -> dict[str, str]:
        """By the functions' own names."""
        return {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(self.port), "MYSQL_USER": "root"}

    def written(self) -> list[tuple[str, str]]:
        """The table's rows."""
        return [(label, connection) for label, connection in self._query("select * from shop.seen")]

    def drop_idle(self) -> None:
        """Kill the connections that sleep."""
        self._query(
            "begin not atomic "
            "  declare continue handler for 1094 begin end; "  # no such thread: it has gone by itself
            "  for one in (select id from information_schema.processlist where command = 'Sleep') "
            "  do kill one.id; end for; "
            "end"
        )

    def _query(self, sql: str) -> list[list[str]]:
        program = (
            "import json, pymysql, sys\n"
            "connection = pymysql.connect(host='127.0.0.1', port=int(sys.argv[1]), user='root', autocommit=True,\n"
            "    client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)\n"
            "cursor = connection.cursor()\n"
            "cursor.execute(sys.argv[2])\n"
            "print(json.dumps(cursor.fetchall()))\n"
            "while cursor.nextset(): pass\n"
        )
        done = subprocess.run(
            [str(real_python()), "-c", program, str(self.port), sql],
            capture_output=True,
            text=True,
            timeout=QUERY_TIMEOUT_S,
        )
        assert done.returncode == 0, f"{sql}: {done.stderr}"
        rows: list[list[str]] = json.loads(done.stdout)
        return rows


class Redis(Database):
    """Redis without persistence; functions push "LABEL CLIENT_ID" to the list `seen`."""

    def start(self, stack: contextlib.ExitStack) -> None:
        """Start it."""
        self._log = stack.enter_context(
            running(
                [
                    find_program("redis-server", package="redis-server"),
                    *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
                    *("--dir", str(self._folder)),
                ],
                folder=self._folder,
                is_ready=self.is_listening,
            )
        )

    def environment(self) -> dict[str, str]:
        """As redis-py's from_url takes it."""
        return {"REDIS_URL": f"redis://127.0.0.1:{self.port}/0"}

    def written(self) -> list[tuple[str, str]]:
        """The list's items."""
        reply = self._command("LRANGE seen 0 -1")
        items = [line for line in reply.split("\r\n") if line and line[0] not in "*$"]
        return [(label, identifier) for label, _, identifier in (item.partition(" ") for item in items)]

    def drop_idle(self) -> None:
        """Kill all connections but the one that says so."""
        self._command("CLIENT KILL TYPE normal SKIPME yes")

    def _command(self, line: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=QUERY_TIMEOUT_S) as connection:
            connection.sendall(f"{line}\r\nQUIT\r\n".encode())
            pieces = []
            while piece := connection.recv(1 << 16):
                pieces.append(piece)
        return b"".join(pieces).decode().removesuffix("+OK\r\n")


DatabaseKind = Literal["postgres", "mariadb", "redis"]
DATABASES: dict[DatabaseKind, type[Database]] = {"postgres": Postgres, "mariadb": MariaDb, "redis": Redis}
