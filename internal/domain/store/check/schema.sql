-- The schema of a domain database as docs/formats/database.md describes it, for
-- the auditor: every statement byte for byte, since SQLite keeps their text.
CREATE TABLE doc (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    rev  INTEGER NOT NULL CHECK (rev > 0),
    body TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    data   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger (
    account     TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('pure', 'zcdp')),
    assumed     INTEGER NOT NULL CHECK (assumed IN (0, 1)),
    total_loss  INTEGER NOT NULL CHECK (total_loss >= 0),
    total_delta INTEGER NOT NULL CHECK (total_delta >= 0),
    spent_loss  INTEGER NOT NULL DEFAULT 0 CHECK (spent_loss BETWEEN 0 AND total_loss),
    spent_delta INTEGER NOT NULL DEFAULT 0 CHECK (spent_delta BETWEEN 0 AND total_delta)
) STRICT, WITHOUT ROWID;
CREATE TABLE charge (
    job      TEXT NOT NULL,
    account  TEXT NOT NULL REFERENCES ledger (account),
    scenario TEXT NOT NULL,
    actor    TEXT NOT NULL,
    loss     INTEGER NOT NULL CHECK (loss >= 0),
    delta    INTEGER NOT NULL CHECK (delta >= 0),
    parts    TEXT NOT NULL CHECK (parts = '' OR json_valid(parts)),
    seq      INTEGER NOT NULL REFERENCES outbox (seq),
    PRIMARY KEY (job, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE part (
    account TEXT NOT NULL REFERENCES ledger (account),
    family  TEXT NOT NULL,
    value   TEXT NOT NULL,
    loss    INTEGER NOT NULL CHECK (loss >= 0),
    delta   INTEGER NOT NULL CHECK (delta >= 0),
    PRIMARY KEY (account, family, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    subject TEXT NOT NULL,
    action  TEXT NOT NULL,
    entry   BLOB NOT NULL,
    idx     INTEGER UNIQUE
) STRICT;
CREATE INDEX outbox_subject ON outbox (subject, action);

CREATE TRIGGER charge_no_update BEFORE UPDATE ON charge BEGIN SELECT RAISE(ABORT, 'a charge cannot change'); END;
CREATE TRIGGER charge_no_delete BEFORE DELETE ON charge BEGIN SELECT RAISE(ABORT, 'a charge cannot be taken back'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'a ledger cannot be deleted'); END;
CREATE TRIGGER ledger_only_grows BEFORE UPDATE ON ledger
WHEN NEW.account <> OLD.account OR NEW.spent_loss < OLD.spent_loss OR NEW.spent_delta < OLD.spent_delta OR NEW.assumed > OLD.assumed
  OR (NEW.total_loss <> OLD.total_loss OR NEW.total_delta <> OLD.total_delta OR NEW.kind <> OLD.kind)
    AND NOT (OLD.assumed = 1 AND NEW.assumed = 0 AND NEW.spent_loss = OLD.spent_loss AND NEW.spent_delta = OLD.spent_delta
      AND (OLD.spent_loss = 0 AND OLD.spent_delta = 0
        OR NEW.kind = OLD.kind AND NEW.total_loss <= OLD.total_loss AND NEW.total_delta <= OLD.total_delta))
BEGIN SELECT RAISE(ABORT, 'a ledger is fixed when it is opened and its spending only grows'); END;
CREATE TRIGGER part_no_delete BEFORE DELETE ON part BEGIN SELECT RAISE(ABORT, 'a part of a ledger cannot be deleted'); END;
CREATE TRIGGER part_only_grows BEFORE UPDATE ON part
WHEN NEW.account <> OLD.account OR NEW.family <> OLD.family OR NEW.value <> OLD.value OR NEW.loss < OLD.loss OR NEW.delta < OLD.delta
BEGIN SELECT RAISE(ABORT, 'what a part of a ledger has taken only grows'); END;
CREATE TRIGGER outbox_no_delete BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'an entry cannot be deleted'); END;
CREATE TRIGGER outbox_no_change BEFORE UPDATE ON outbox
WHEN NEW.seq <> OLD.seq OR NEW.entry <> OLD.entry OR OLD.idx IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an entry cannot change'); END;
CREATE UNIQUE INDEX outbox_act ON outbox (json_extract(CAST(entry AS TEXT), '$.body.act_nonce'));
CREATE TABLE kept (
    digest TEXT PRIMARY KEY,
    data   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER kept_no_update BEFORE UPDATE ON kept BEGIN SELECT RAISE(ABORT, 'a kept document cannot change'); END;
CREATE TRIGGER kept_no_delete BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'a kept document cannot be deleted'); END;
