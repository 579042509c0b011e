/**
 * Central's view of the log as FHIR resources: a cache of its own encrypted file, built from the log and thrown away
 * whenever the log is another (ADR 0012). `lsn` is the log number of the entry that made the row.
 */
export const PROJECTION_VERSION = 1;

export const PROJECTION_SCHEMA = `
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE session (segment TEXT NOT NULL, sequence INTEGER NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (segment, sequence)) STRICT, WITHOUT ROWID;

-- What made a record: one entry, or several when two devices brought the same one.
CREATE TABLE creation (
  record TEXT NOT NULL, entry TEXT NOT NULL, type TEXT NOT NULL, patient TEXT, clock_ms INTEGER NOT NULL, clock_count INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (record, entry)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting_of (
  record TEXT NOT NULL, element TEXT NOT NULL, entry TEXT NOT NULL, clock_ms INTEGER NOT NULL, clock_count INTEGER NOT NULL,
  present INTEGER NOT NULL, superseded INTEGER NOT NULL, value TEXT,
  PRIMARY KEY (record, element, entry)
) STRICT, WITHOUT ROWID;

-- What other resources of an import may call a record.
CREATE TABLE name (reference TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (reference, record)) STRICT, WITHOUT ROWID;
CREATE INDEX name_record ON name (record);

-- The newest version of each resource.
CREATE TABLE resource (
  id TEXT PRIMARY KEY, type TEXT NOT NULL, patient TEXT, lsn INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  restricted INTEGER NOT NULL, conflicts TEXT NOT NULL, text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_type ON resource (type, updated_at, id);
CREATE INDEX resource_patient ON resource (patient, type);
CREATE INDEX resource_lsn ON resource (lsn);

CREATE TABLE version (id TEXT NOT NULL, lsn INTEGER NOT NULL, updated_at INTEGER NOT NULL, conflicts TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (id, lsn)) STRICT, WITHOUT ROWID;

-- What another server refused for good, by the address it was sent to.
CREATE TABLE parked (upstream TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, lsn INTEGER NOT NULL, status INTEGER NOT NULL, PRIMARY KEY (upstream, id)) STRICT, WITHOUT ROWID;

-- One row per value a search may look for. Dates are the first and last millisecond of what is known.
CREATE TABLE search (
  id TEXT NOT NULL, type TEXT NOT NULL, parameter TEXT NOT NULL,
  system TEXT, code TEXT, text TEXT, low INTEGER, high INTEGER
) STRICT;
CREATE INDEX search_id ON search (id);
CREATE INDEX search_code ON search (type, parameter, code);
CREATE INDEX search_text ON search (type, parameter, text);
CREATE INDEX search_date ON search (type, parameter, low);
`;

/** Everything the log makes; emptied when the log is read anew. */
export const PROJECTION_TABLES = ['session', 'creation', 'setting_of', 'name', 'resource', 'version', 'search'] as const;
