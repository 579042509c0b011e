import type { SchemaStep } from './schema-types.ts';

/** The organisation's orders as they were issued, and what became of them at each device. */
export const ordersSchema: SchemaStep = ({ int, text, bytes, sealedText, keyed }) => `
-- "audience": a device, or 'all'. Of leases and co-signatures, which are given at every contact, the newest alone is kept.
CREATE TABLE issued_order (
  kind ${text} NOT NULL,
  audience ${text} NOT NULL,
  version ${int} NOT NULL,
  issued_at ${int} NOT NULL,
  expires_at ${int},
  -- Who at the command line, or 'central'.
  issued_by ${text} NOT NULL,
  content ${sealedText} NOT NULL,
  signature ${bytes} NOT NULL,
  PRIMARY KEY (kind, audience, version)
) ${keyed};

-- The latest word of a device about each kind.
CREATE TABLE order_outcome (
  device ${text} NOT NULL REFERENCES device (id),
  kind ${text} NOT NULL,
  version ${int} NOT NULL,
  outcome ${text} NOT NULL,
  code ${text},
  at ${int} NOT NULL,
  PRIMARY KEY (device, kind)
) ${keyed};

-- A code that admits this one device again, even if it was revoked.
ALTER TABLE code ADD COLUMN device ${text};
`;
