/** What is charted is committed with fewer pages: an index that nothing is looked up by is written no longer. */
export const name = 'fewer-indexes';

export const sql = `
-- A visit's records are found among their patient's. Each panel of vital signs cost some three pages of this index, of 26 in all.
DROP INDEX record_patient_encounter;
`;
