CREATE TABLE entry (
    idx      INTEGER PRIMARY KEY,
    time     TEXT NOT NULL,
    actor    TEXT NOT NULL,
    org      TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    scenario TEXT NOT NULL,
    product  TEXT NOT NULL,
    decision TEXT NOT NULL,
    facts    TEXT NOT NULL,
    digest   TEXT NOT NULL
) STRICT;
CREATE INDEX entry_time ON entry (time);
CREATE INDEX entry_actor ON entry (actor);
CREATE INDEX entry_actor_decision ON entry (actor, decision);
CREATE INDEX entry_org ON entry (org);
CREATE INDEX entry_action ON entry (action);
CREATE INDEX entry_subject ON entry (subject);
CREATE INDEX entry_scenario ON entry (scenario);
CREATE INDEX entry_product ON entry (product);
CREATE INDEX entry_decision ON entry (decision);
CREATE TABLE entry_dataset (
    dataset TEXT NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (dataset, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_dataset_idx ON entry_dataset (idx, dataset);
CREATE TABLE subject (
    name     TEXT PRIMARY KEY,
    known    TEXT NOT NULL,
    operator TEXT NOT NULL,
    provider TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX subject_operator ON subject (operator);
CREATE INDEX subject_provider ON subject (provider);
