-- What the service keeps of people and machines. SQLite, one file in the folder; secrets are kept as hashes only.

CREATE TABLE IF NOT EXISTS users
(
    name     TEXT PRIMARY KEY COLLATE NOCASE,
    role     TEXT NOT NULL,
    password TEXT NOT NULL,
    created  REAL NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS sessions
(
    key     TEXT PRIMARY KEY,
    user    TEXT NOT NULL COLLATE NOCASE,
    -- The role of a user who is known elsewhere (OIDC); NULL where `users` says it.
    role    TEXT,
    created REAL NOT NULL,
    seen    REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user);

-- kind: api (for people's programs), local (the CLI beside the server), sender (who may bring lines), setup (one use).
CREATE TABLE IF NOT EXISTS tokens
(
    key     TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL COLLATE NOCASE,
    role    TEXT NOT NULL,
    -- A sender's: the functions it may speak of, by name or pattern, one a line; '' for all.
    scope   TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    expires REAL NOT NULL,
    used    REAL NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS tokens_name ON tokens (kind, name);

-- Addresses that a user has signed in from: these stay open when others guess at the account.
CREATE TABLE IF NOT EXISTS places
(
    user    TEXT NOT NULL COLLATE NOCASE,
    address TEXT NOT NULL,
    seen    REAL NOT NULL,
    PRIMARY KEY (user, address)
) STRICT;

CREATE TABLE IF NOT EXISTS secrets
(
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- Sign-ins at a provider that have begun; each is used once.
CREATE TABLE IF NOT EXISTS journeys
(
    state    TEXT PRIMARY KEY,
    visit    TEXT NOT NULL,
    nonce    TEXT NOT NULL,
    verifier TEXT NOT NULL,
    target   TEXT NOT NULL,
    created  REAL NOT NULL
) STRICT;

-- `chain` is the hash of the row and of the chain before it: a row that was changed or taken out shows.
CREATE TABLE IF NOT EXISTS audit
(
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    time    REAL NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    address TEXT NOT NULL,
    detail  TEXT NOT NULL,
    chain   TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;

-- What was said to a channel, and what is still to be said.
CREATE TABLE IF NOT EXISTS alerts
(
    channel  TEXT NOT NULL,
    uid      TEXT NOT NULL,
    severity INTEGER NOT NULL,
    created  REAL NOT NULL,
    -- waiting, sent, held (by a limit), dropped (after too many tries)
    state    TEXT NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    due      REAL NOT NULL,
    fault    TEXT NOT NULL DEFAULT '',
    body     TEXT NOT NULL,
    PRIMARY KEY (channel, uid)
) STRICT;
CREATE INDEX IF NOT EXISTS alerts_due ON alerts (state, due);

CREATE TABLE IF NOT EXISTS retirements
(
    id        TEXT PRIMARY KEY,
    function  TEXT NOT NULL,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    ordered   REAL NOT NULL,
    -- running, done, failed
    state     TEXT NOT NULL,
    environments TEXT NOT NULL,
    steps     TEXT NOT NULL,
    -- '' until it was looked for: what came from an environment that had started before the order.
    proof     TEXT NOT NULL DEFAULT ''
) STRICT;
