"""The tables, as their first version made them.

`event` is the log, which triggers keep from being changed. Everything else but `answer` and `writer` follows from it:
`account`, `attempt` and `lease` are its running sums, `release` an index of it. The rows of an attempt have no foreign
keys: only `apply` writes them, all at once, and each check would cost a look-up of a row that it has just written.

`writer` makes a batch idempotent: it holds each handle's last batch with its outcomes, written in the same transaction.
"""

from __future__ import annotations

TABLES = """
CREATE SEQUENCE faraday_ledger.event_id;  -- one cache for all: ids grow in the order in which they are drawn

CREATE TABLE faraday_ledger.event (
  id bigint PRIMARY KEY,
  body jsonb NOT NULL  -- router.ledgers.events
);

CREATE FUNCTION faraday_ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events never change and never go';
END $$;
CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON faraday_ledger.event
  FOR EACH STATEMENT EXECUTE FUNCTION faraday_ledger.refuse_change();

CREATE TABLE faraday_ledger.account (
  id bigint PRIMARY KEY,
  dataset text NOT NULL,
  tenant text NOT NULL,  -- empty for the dataset's own account
  "user" text NOT NULL,  -- empty for a tenant's cap
  terms jsonb NOT NULL,  -- as opened
  limit_picorho bigint NOT NULL CHECK (limit_picorho >= 0),
  epsilon double precision NOT NULL,
  spent_picorho bigint NOT NULL CHECK (spent_picorho >= 0),
  reserved_picorho bigint NOT NULL CHECK (reserved_picorho BETWEEN 0 AND spent_picorho),
  frozen text NOT NULL,  -- the reason, or empty
  odometer bigint[] NOT NULL,
  UNIQUE (dataset, tenant, "user")
) WITH (fillfactor = 50);  -- room beside each row for its next version

CREATE TABLE faraday_ledger.attempt (
  id bigint PRIMARY KEY,
  tenant text NOT NULL,
  request_id text NOT NULL,
  request_hash bytea NOT NULL,
  expires double precision NOT NULL,  -- unix seconds
  state smallint NOT NULL CHECK (state BETWEEN 0 AND 4),  -- router.ledgers.books.State
  accounts bigint[] NOT NULL CHECK (cardinality(accounts) > 0),  -- never changes
  amounts bigint[] NOT NULL CHECK (cardinality(amounts) = cardinality(accounts)),  -- what it holds now, 1e-12 ρ
  odometer bigint[] NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX attempt_of_request ON faraday_ledger.attempt (tenant, request_id, id);

CREATE TABLE faraday_ledger.answer (
  attempt bigint PRIMARY KEY,
  body bytea NOT NULL
);

CREATE TABLE faraday_ledger.release (
  account bigint NOT NULL,
  event bigint NOT NULL,
  attempt bigint NOT NULL,
  at double precision NOT NULL,  -- unix seconds
  PRIMARY KEY (account, event)
);

CREATE TABLE faraday_ledger.lease (
  account bigint NOT NULL,
  holder text NOT NULL,
  held_picorho bigint NOT NULL CHECK (held_picorho >= 0),  -- taken and not given back; all of it counts as spent
  PRIMARY KEY (account, holder)
) WITH (fillfactor = 50);

CREATE TABLE faraday_ledger.writer (
  id uuid PRIMARY KEY,
  batch bigint NOT NULL,
  outcomes jsonb[] NOT NULL
) WITH (fillfactor = 50);
"""
