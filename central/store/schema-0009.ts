import type { SchemaStep } from './schema-types.ts';

/** By what a device names the decisions it was told of, so that a database put back to before them is noticed (SYN-230). */
export const scopeMarkSchema: SchemaStep = ({ text, keyed }) => `
-- The mark of what is decided now; null until somebody is told of it.
ALTER TABLE device ADD COLUMN scope_mark ${text};

-- Every mark a device was ever told.
CREATE TABLE scope_mark (device ${text} NOT NULL REFERENCES device (id), mark ${text} NOT NULL, PRIMARY KEY (device, mark)) ${keyed};
`;
