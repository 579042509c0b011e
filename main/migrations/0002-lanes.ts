/** Four lanes for each start, proofs of authorship, evidence of forks, and the place in central's log of what was read. */
export const name = 'lanes';

export const sql = `
-- 0 urgent, 1 clinical, 2 reads, 3 bulk (shared/ledger/lanes.ts). Segments of version 0.1.0 count as clinical.
ALTER TABLE segment ADD COLUMN lane INTEGER NOT NULL DEFAULT 1 CHECK (lane BETWEEN 0 AND 3);
-- The lanes of one start carry the id of its clinical segment; null in segments of version 0.1.0.
ALTER TABLE segment ADD COLUMN start TEXT;
-- What the salts of its entries are derived from; null where every salt was drawn by itself.
ALTER TABLE segment ADD COLUMN salt_seed BLOB;
-- Two histories contradict each other from this sequence on: nothing more of it is taken or folded.
ALTER TABLE segment ADD COLUMN closed INTEGER;
CREATE INDEX segment_unsent ON segment (lane, ref) WHERE own = 1 AND acknowledged < length;
CREATE INDEX segment_own ON segment (lane, ref) WHERE own = 1;

-- The author's signatures over batches of a segment, own or foreign: proof of whose entries the first "length" are. No more
-- than one batch lies between two of them, so that what was read can be handed on piece by piece.
CREATE TABLE attestation (
  segment INTEGER NOT NULL REFERENCES segment (ref),
  length INTEGER NOT NULL,
  header BLOB NOT NULL,
  sealed_hash BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (segment, length)
) STRICT, WITHOUT ROWID;

-- Entries that contradict one that is held, whole, as evidence; the one that is held stays in the ledger.
CREATE TABLE fork (
  segment INTEGER NOT NULL REFERENCES segment (ref),
  sequence INTEGER NOT NULL,
  hash BLOB NOT NULL,
  header TEXT NOT NULL,
  salt BLOB NOT NULL,
  body BLOB,
  noticed_at INTEGER NOT NULL,
  UNIQUE (segment, sequence, hash)
) STRICT;

-- Where in central's log, of which epoch, stands what was read from it: "count" entries of one segment from "sequence" on.
CREATE TABLE log_position (
  epoch TEXT NOT NULL,
  lsn INTEGER NOT NULL,
  segment INTEGER NOT NULL REFERENCES segment (ref),
  sequence INTEGER NOT NULL,
  count INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (epoch, lsn)
) STRICT, WITHOUT ROWID;

-- Folded: a session is opened again in every lane it writes to; this is the entry that opened it first.
ALTER TABLE session ADD COLUMN original TEXT;

-- Folded: records that name their encounter by an id of the system they came from. The encounter may come later.
CREATE TABLE encounter_name (
  record TEXT PRIMARY KEY,
  reference TEXT NOT NULL,
  patient TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX encounter_name_reference ON encounter_name (reference, patient);

-- Staff and settings are folded from all of these, so that the order of arrival does not count.
CREATE INDEX ledger_own_state ON ledger (kind, position) WHERE kind IN ('staff.changed', 'settings.changed');
`;
