/** Central's database. Chains, receipts and log positions as docs/sync-protocol.md defines them. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE device (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  signing_key BLOB NOT NULL,
  sealing_key BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
  enrolled_at INTEGER NOT NULL,
  revoked_at INTEGER,
  last_seen_at INTEGER
) STRICT, WITHOUT ROWID;

-- Every certificate issued to a device; one that is not here is not ours, whoever signed it.
CREATE TABLE certificate (
  fingerprint TEXT PRIMARY KEY,
  device TEXT NOT NULL REFERENCES device (id),
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One-time codes: the hash of the secret only.
CREATE TABLE code (
  secret_hash TEXT PRIMARY KEY,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  used_by TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE segment (
  ref INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  device TEXT NOT NULL REFERENCES device (id),
  length INTEGER NOT NULL,
  head BLOB NOT NULL,
  lsn INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  quarantined INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX segment_device ON segment (device);

-- The log. "mark" is the running hash of the log at this entry, cut to eight bytes.
CREATE TABLE op (
  lsn INTEGER PRIMARY KEY,
  segment INTEGER NOT NULL REFERENCES segment (ref),
  sequence INTEGER NOT NULL,
  device TEXT NOT NULL,
  header TEXT NOT NULL,
  salt BLOB NOT NULL,
  body BLOB,
  hash BLOB NOT NULL,
  mark BLOB NOT NULL,
  UNIQUE (segment, sequence)
) STRICT;
CREATE TRIGGER op_no_delete BEFORE DELETE ON op BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER op_no_update BEFORE UPDATE OF lsn, segment, sequence, device, header, salt, hash, mark ON op
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- The device's signature over each batch as it came: what it said its chain was.
CREATE TABLE attestation (
  segment INTEGER NOT NULL REFERENCES segment (ref),
  length INTEGER NOT NULL,
  header BLOB NOT NULL,
  sealed_hash BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (segment, length)
) STRICT, WITHOUT ROWID;

-- Batches that fork a chain, whole, for whoever looks into it.
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  device TEXT NOT NULL,
  segment TEXT NOT NULL,
  header BLOB NOT NULL,
  sealed BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT;

-- What ought not to happen: refusals, replays, forks. No patient data.
CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, device TEXT, code TEXT NOT NULL, what TEXT NOT NULL) STRICT;
`;
