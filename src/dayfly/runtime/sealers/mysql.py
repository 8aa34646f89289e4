"""Lets MySQL connections of PyMySQL and Connector/Python sleep: each worker opens its own at first use."""

from __future__ import annotations

import sys

from dayfly.runtime import heap
from dayfly.runtime.sealers import lazy_objects, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import ModuleType
    from typing import Protocol

    from dayfly.runtime.sealing import Sealing

    class PyMySqlConnection(Protocol):
        """What is used of PyMySQL's connection."""

        _result: ModuleType | None
        _sock: socket.socket
        client_flag: int
        db: object
        host: str
        password: bytes
        port: int
        server_status: int
        unix_socket: str | None

        def _execute_command(self, command: int, sql: str) -> None: ...
        def _read_ok_packet(self) -> object: ...
        def query(self, sql: str) -> int: ...

    Rows = list[tuple[object, ...]] | tuple[tuple[object, ...], ...]

_FIX = "commit or roll back and read its results at the end of init, or connect in the handler"
# The server's status flag, of every packet that ends a command.
_IN_TRANSACTION = 1
_CONNECT_WITH_DB = 8
_PING = 14
_WROTE_NOTHING = (
    "SELECT trx_rows_modified + trx_rows_locked + trx_tables_locked FROM information_schema.innodb_trx"
    " WHERE trx_mysql_thread_id = CONNECTION_ID()"
)

# Counters of statements that leave nothing behind. SELECT ... FOR UPDATE counts as SELECT: its locks end
# with the session, and nobody relies on locks that init took.
_READING = (
    *("Com_select", "Com_show_", "Com_set_option", "Com_begin", "Com_change_db", "Com_commit"),
    *("Com_rollback", "Com_admin_commands", "Com_stmt_"),
)
# What functions set for their session. Character sets are not here: the drivers keep and send theirs.
_SETTINGS = (
    *("auto_increment_increment", "auto_increment_offset", "foreign_key_checks", "group_concat_max_len"),
    *("innodb_lock_wait_timeout", "lock_wait_timeout", "max_execution_time", "max_statement_time"),
    *("net_read_timeout", "net_write_timeout", "sql_mode", "sql_safe_updates", "sql_select_limit"),
    *("time_zone", "transaction_isolation", "transaction_read_only", "tx_isolation", "tx_read_only"),
    *("unique_checks", "wait_timeout"),
)


def kinds() -> tuple[type, ...]:
    """Return the classes of connections that this sealer wants to see."""
    return heap.classes(
        ("pymysql.connections", "Connection"), ("mysql.connector.abstracts", "MySQLConnectionAbstract")
    )


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Put every open connection to sleep."""
    pymysql = sys.modules.get("pymysql.connections")
    if pymysql is not None:
        for connection in found.of(pymysql.Connection):
            if not lazy_objects.is_asleep(connection) and getattr(connection, "_sock", None) is not None:
                _seal_pymysql(pymysql, connection, sealing)
    connector = sys.modules.get("mysql.connector.abstracts")
    if connector is not None:
        for connection in found.of(connector.MySQLConnectionAbstract):
            if not lazy_objects.is_asleep(connection) and _is_open(connection):
                _seal_connector(connection, sealing)


def _seal_pymysql(module: ModuleType, connection: PyMySqlConnection, sealing: Sealing) -> None:
    where = f"{connection.host}:{connection.port}"
    result = getattr(connection, "_result", None)
    if result is not None and getattr(result, "unbuffered_active", False):
        sealing.refuse(f"the MySQL connection to {where} created at init has results to read: {_FIX}")
        return
    if not _is_its_own(connection):
        sealing.refuse(
            f"the MySQL connection to {where} created at init uses a given socket, which workers cannot "
            "reopen: connect in the handler"
        )
        return

    def ask(statement: str) -> Rows:
        # Not a cursor: its class may be the function's own.
        connection.query(statement)
        answer = connection._result
        rows: Rows = answer.rows if answer is not None else ()
        return rows

    # Results of a SELECT do not tell PyMySQL the status, the answer to a ping does.
    connection._execute_command(_PING, "")
    connection._read_ok_packet()
    if connection.server_status & _IN_TRANSACTION and not _only_read(ask):
        sealing.refuse(f"the MySQL connection to {where} created at init is in a transaction: {_FIX}")
        return
    settings = _settings(ask)
    for (name,) in ask("SELECT DATABASE()"):
        if name is not None:
            # As after USE: connect() would choose the first one.
            connection.db = name
            connection.client_flag |= _CONNECT_WITH_DB
    connection._result = result
    tokens.note_expiry(connection.password.decode("latin1"), sealing)
    module.Connection.close(connection)

    def rouse() -> None:
        module.Connection.connect(connection)
        if settings:
            connection.query(settings)

    if not lazy_objects.lay([connection], rouse):
        rouse()


def _seal_connector(connection: ModuleType, sealing: Sealing) -> None:
    where = f"{connection.server_host}:{connection.server_port}"
    if connection.unread_result:
        sealing.refuse(f"the MySQL connection to {where} created at init has results to read: {_FIX}")
        return

    def ask(statement: str) -> Rows:
        cursor = connection.cursor(buffered=True)
        try:
            cursor.execute(statement)
            rows: Rows = cursor.fetchall()
            return rows
        finally:
            cursor.close()

    if connection.in_transaction and not _only_read(ask):
        sealing.refuse(f"the MySQL connection to {where} created at init is in a transaction: {_FIX}")
        return
    settings = _settings(ask)
    tokens.note_expiry(str(getattr(connection, "_password", "")), sealing)
    connection.close()

    def rouse() -> None:
        connection.connect()
        if settings:
            connection.cmd_query(settings)

    if not lazy_objects.lay([connection], rouse):
        rouse()


def _settings(ask: Callable[[str], Rows]) -> str:
    """Return the statement that makes the session's settings again; empty where it has none of its own."""
    shown: list[dict[str, str]] = []
    names = ", ".join(f"'{name}'" for name in _SETTINGS)
    for scope in ("GLOBAL", "SESSION"):
        rows = ask(f"SHOW {scope} VARIABLES WHERE Variable_name IN ({names})")
        shown.append({str(row[0]).lower(): str(row[1]) for row in rows})
    common, own = shown
    parts: list[str] = []
    for name, value in own.items():
        if common.get(name) != value:
            is_number = value.replace(".", "", 1).isdecimal()
            text = value if is_number else "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
            parts.append(f"SESSION {name} = {text}")
    return "SET " + ", ".join(parts) if parts else ""


def _is_open(connection: ModuleType) -> bool:
    if getattr(connection, "_cmysql", None) is None and getattr(connection, "_socket", None) is None:
        return False
    return bool(connection.is_connected())


def _only_read(ask: Callable[[str], Rows]) -> bool:
    """Say whether the session is known to have changed nothing that an open transaction could hold.

    The session's own counters tell without a privilege, but not since when: where it has ever written, the
    server's view of transactions is asked, which needs the PROCESS privilege.
    """
    counters = [(str(row[0]), str(row[1])) for row in ask("SHOW SESSION STATUS LIKE 'Com%'")]
    used = [name for name, count in counters if name.startswith("Com_") and count != "0"]
    # This very question is counted: a server that counts nothing says nothing.
    if used and all(name.startswith(_READING) for name in used):
        return True
    try:
        rows = ask(_WROTE_NOTHING)
    except Exception:
        # Trust boundary: the driver's error for a user who may not ask; the answer is that nobody knows.
        return False
    return bool(rows) and int(str(rows[0][0])) == 0


def _is_its_own(connection: PyMySqlConnection) -> bool:
    """Say whether connect() would come to the same server: the function may have given it a socket."""
    try:
        peer = connection._sock.getpeername()
    except OSError:
        return False
    if isinstance(peer, tuple):
        return len(peer) > 1 and peer[1] == connection.port
    return bool(peer == connection.unix_socket)
