import type { SchemaStep } from './schema-types.ts';

/** Lanes, so that urgent entries can be read before what lies between. */
export const lanesSchema: SchemaStep = ({ int }) => `
-- 0 urgent, 1 clinical, 2 reads, 3 bulk (shared/ledger/lanes.ts), by the word of the segment's first entry.
ALTER TABLE segment ADD COLUMN lane ${int} NOT NULL DEFAULT 1;
CREATE INDEX segment_urgent ON segment (lsn) WHERE lane = 0;
`;
