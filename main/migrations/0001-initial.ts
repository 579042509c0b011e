/** The vault as first released: the ledger, what is folded from it, and what is this workstation's own business. */
export const name = 'initial';

export const sql = `
-- One run of one device's ledger. Rows of other devices arrive by sync.
CREATE TABLE segment (
  ref INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  device TEXT NOT NULL,
  device_name TEXT NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  signing_key TEXT NOT NULL,
  length INTEGER NOT NULL,
  head BLOB NOT NULL,
  -- Entries the central server has acknowledged, contiguous from the first.
  acknowledged INTEGER NOT NULL DEFAULT 0,
  receipt TEXT
) STRICT;

-- Append-only; position is the order of arrival here. Only a body may go, by lawful erasure.
CREATE TABLE ledger (
  position INTEGER PRIMARY KEY,
  segment INTEGER NOT NULL REFERENCES segment (ref),
  sequence INTEGER NOT NULL,
  kind TEXT NOT NULL,
  session INTEGER,
  patient TEXT,
  record TEXT,
  at INTEGER NOT NULL,
  header TEXT NOT NULL,
  salt BLOB NOT NULL,
  body BLOB,
  hash BLOB NOT NULL,
  UNIQUE (segment, sequence)
) STRICT;
CREATE INDEX ledger_patient ON ledger (patient, position) WHERE patient IS NOT NULL;
CREATE INDEX ledger_record ON ledger (record, position) WHERE record IS NOT NULL;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_update BEFORE UPDATE OF position, segment, sequence, kind, session, patient, record, at, header, salt, hash ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_erase_only BEFORE UPDATE OF body ON ledger WHEN new.body IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Own entries that the central server has not acknowledged by id.
CREATE TABLE outbox (position INTEGER PRIMARY KEY REFERENCES ledger (position)) STRICT;

-- Entries kept whole that this version cannot fold.
CREATE TABLE parked (position INTEGER PRIMARY KEY REFERENCES ledger (position), reason TEXT NOT NULL) STRICT;

-- Folded: who was at the keyboard.
CREATE TABLE session (
  segment INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  user TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  level INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (segment, sequence)
) STRICT, WITHOUT ROWID;

-- Folded: the chart. "resource" is null while it equals the body of the entry at "created".
CREATE TABLE record (
  ref INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  patient TEXT,
  created INTEGER NOT NULL,
  part INTEGER NOT NULL,
  resource TEXT,
  at INTEGER,
  precision TEXT,
  title TEXT NOT NULL,
  detail TEXT,
  status TEXT,
  encounter TEXT,
  code TEXT,
  restricted INTEGER NOT NULL DEFAULT 0,
  amended INTEGER NOT NULL DEFAULT 0,
  conflicts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX record_patient ON record (patient, at DESC, ref DESC) WHERE patient IS NOT NULL;
CREATE INDEX record_patient_type ON record (patient, type, at DESC) WHERE patient IS NOT NULL;
CREATE INDEX record_patient_encounter ON record (patient, encounter) WHERE encounter IS NOT NULL;

-- Folded: every number of every observation, its components included.
CREATE TABLE measurement (
  patient TEXT NOT NULL,
  code TEXT NOT NULL,
  at INTEGER NOT NULL,
  record TEXT NOT NULL,
  part INTEGER NOT NULL,
  value REAL NOT NULL,
  unit TEXT NOT NULL,
  PRIMARY KEY (patient, code, at, record, part)
) STRICT, WITHOUT ROWID;

-- Folded: every entry that set an element after creation, and which of them a later one has superseded.
-- element '' stands for a creation of the same record beyond the first.
CREATE TABLE head (
  record TEXT NOT NULL,
  element TEXT NOT NULL,
  entry TEXT NOT NULL,
  position INTEGER,
  clock_ms INTEGER,
  clock_count INTEGER,
  present INTEGER NOT NULL,
  superseded INTEGER NOT NULL,
  value TEXT,
  PRIMARY KEY (record, element, entry)
) STRICT, WITHOUT ROWID;

-- Folded: elements whose live values differ.
CREATE TABLE conflict (
  record TEXT NOT NULL,
  element TEXT NOT NULL,
  patient TEXT,
  severity TEXT NOT NULL CHECK (severity IN ('safety', 'review')),
  PRIMARY KEY (record, element)
) STRICT, WITHOUT ROWID;
CREATE INDEX conflict_patient ON conflict (patient);

-- Folded: what a patient is found by.
CREATE TABLE patient (
  record TEXT PRIMARY KEY,
  family TEXT NOT NULL,
  given TEXT NOT NULL,
  prefix TEXT,
  birth TEXT,
  sex TEXT NOT NULL,
  number TEXT,
  place TEXT,
  phone TEXT,
  deceased INTEGER NOT NULL,
  restricted INTEGER NOT NULL,
  site TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE search_key (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  patient TEXT NOT NULL,
  PRIMARY KEY (kind, key, patient)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_key_patient ON search_key (patient);

-- Folded: care relationships made by an encounter, a registration or break-glass.
CREATE TABLE care_team (
  patient TEXT NOT NULL,
  user TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (patient, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE break_glass (
  patient TEXT NOT NULL,
  user TEXT NOT NULL,
  until INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (patient, user)
) STRICT, WITHOUT ROWID;

-- Folded: staff and settings of this workstation.
CREATE TABLE staff (user TEXT PRIMARY KEY, login TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, active INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Folded: ids of imported resources that are no UUIDs, per import, for their references and for a repeated import.
CREATE TABLE imported_identity (
  digest BLOB NOT NULL,
  reference TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (reference, digest)
) STRICT, WITHOUT ROWID;

-- This workstation's own: drafts, imports under way, the place in the sync.
CREATE TABLE draft (user TEXT NOT NULL, patient TEXT NOT NULL, encounter TEXT, body TEXT NOT NULL, saved_at INTEGER NOT NULL, PRIMARY KEY (user, patient)) STRICT, WITHOUT ROWID;
CREATE TABLE import_job (job TEXT PRIMARY KEY, user TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL, applied INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE import_stage (job TEXT NOT NULL, item INTEGER NOT NULL, reference TEXT, resource TEXT NOT NULL, PRIMARY KEY (job, item)) STRICT, WITHOUT ROWID;
CREATE TABLE local_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE recent (patient TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
