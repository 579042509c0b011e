/** A vault that holds some patients only: chains with parts left out, and what others wrote of patients who left. */
export const name = 'partial-chains';

export const sql = `
-- The first entry that is missing before one that is held, or whose body went with its patient; null while a segment is whole.
ALTER TABLE segment ADD COLUMN hole INTEGER;

-- Of an entry that is held while the one before it is not: the chain hash before it, on central's word.
CREATE TABLE gap (
  segment INTEGER NOT NULL REFERENCES segment (ref),
  sequence INTEGER NOT NULL,
  previous BLOB NOT NULL,
  PRIMARY KEY (segment, sequence)
) STRICT, WITHOUT ROWID;

-- Folded: patients who left what this workstation holds, and have not come back.
CREATE TABLE out_of_scope (patient TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- A body that goes with its patient takes its salt along, without which nobody can try what it may have said. Both may
-- come back; the header, which no statement changes, says whether they are the same. Of an entry erased by law the salt stays.
DROP TRIGGER ledger_no_update;
CREATE TRIGGER ledger_no_update BEFORE UPDATE OF position, segment, sequence, kind, session, patient, record, at, header, hash ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
DROP TRIGGER ledger_erase_only;
CREATE TRIGGER ledger_erase_only BEFORE UPDATE OF salt, body ON ledger
WHEN NOT (new.body IS NULL AND new.salt IN (old.salt, x'')) AND NOT (old.body IS NULL AND old.salt = x'' AND new.body IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Every record that goes by a name of an import, not the least of them alone: one of them may leave.
CREATE TABLE imported_name (
  reference TEXT NOT NULL,
  digest BLOB NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (reference, digest, record)
) STRICT, WITHOUT ROWID;
INSERT INTO imported_name (reference, digest, record) SELECT reference, digest, record FROM imported_identity;
DROP TABLE imported_identity;
ALTER TABLE imported_name RENAME TO imported_identity;
CREATE INDEX imported_identity_record ON imported_identity (record);
`;
