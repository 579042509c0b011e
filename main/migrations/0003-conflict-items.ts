/** How long a conflict has been open and why one of its values counts meanwhile, so that conflicts can be listed page by page. */
export const name = 'conflict-items';

export const sql = `
-- Epoch milliseconds: when the second of the differing values was written. 0 in rows of version 0.1.0 until they are folded anew.
ALTER TABLE conflict ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
-- Why a value counts meanwhile (shared/records/merge.ts).
ALTER TABLE conflict ADD COLUMN basis TEXT NOT NULL DEFAULT 'newest' CHECK (basis IN ('careful', 'unsettled', 'newest'));
-- What must be decided first, the oldest first.
CREATE INDEX conflict_order ON conflict (severity DESC, since, record, element);
-- Folded: what two charts of one person would have in common.
CREATE TABLE person_key (
  key TEXT NOT NULL,
  patient TEXT NOT NULL,
  PRIMARY KEY (key, patient)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_key_patient ON person_key (patient);
`;
