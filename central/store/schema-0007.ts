import type { SchemaStep } from './schema-types.ts';

/** How far each device has read, for the operator's eye. */
export const progressSchema: SchemaStep = ({ int }) => `
-- Number of the log up to which entries were handed out, and when that was noted; null for a device that has not read since.
ALTER TABLE device ADD COLUMN read_lsn ${int};
ALTER TABLE device ADD COLUMN read_at ${int};
CREATE INDEX event_at ON event (at);
`;
