import type { SchemaStep } from './schema-types.ts';

/** What the numbers on patients' cards begin with, for each device its own; null for one that enrolled before this step, whose id tells it. */
export const numberPrefixSchema: SchemaStep = ({ text }) => `
ALTER TABLE device ADD COLUMN number_prefix ${text};
CREATE UNIQUE INDEX device_number_prefix ON device (number_prefix);
`;
