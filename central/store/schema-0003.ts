import type { SchemaStep } from './schema-types.ts';

/** Room for the seeds of salts (shared/ledger/salt.ts), and for the keys of cells where the database is not encrypted itself. */
export const seedsAndDataKeys: SchemaStep = ({ int, bytes, sealed, keyed }) => `
ALTER TABLE segment ADD COLUMN salt_seed ${sealed};

-- Wrapped by the organisation's key, which is never in the database.
CREATE TABLE data_key (id ${int} PRIMARY KEY, wrapped ${bytes} NOT NULL, made_at ${int} NOT NULL) ${keyed};
`;
