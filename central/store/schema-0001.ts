import type { SchemaStep } from './schema-types.ts';

/** Central's database as version 0.1.0 made it: devices, chains, receipts and log positions as docs/sync-protocol.md defines them. */
export const firstSchema: SchemaStep = ({ int, text, bytes, sealed, sealedText, id, strict, keyed, appendOnly }) => `
CREATE TABLE setting (key ${text} PRIMARY KEY, value ${text} NOT NULL) ${keyed};

CREATE TABLE device (
  id ${text} PRIMARY KEY,
  name ${text} NOT NULL,
  signing_key ${bytes} NOT NULL,
  sealing_key ${bytes} NOT NULL,
  state ${text} NOT NULL CHECK (state IN ('active', 'revoked')),
  enrolled_at ${int} NOT NULL,
  revoked_at ${int},
  last_seen_at ${int}
) ${keyed};

-- Every certificate issued to a device; one that is not here is not ours, whoever signed it.
CREATE TABLE certificate (
  fingerprint ${text} PRIMARY KEY,
  device ${text} NOT NULL REFERENCES device (id),
  issued_at ${int} NOT NULL,
  expires_at ${int} NOT NULL
) ${keyed};

-- One-time codes: the hash of the secret only.
CREATE TABLE code (
  secret_hash ${text} PRIMARY KEY,
  issued_at ${int} NOT NULL,
  expires_at ${int} NOT NULL,
  used_at ${int},
  used_by ${text}
) ${keyed};

CREATE TABLE segment (
  ref ${id},
  id ${text} NOT NULL UNIQUE,
  device ${text} NOT NULL REFERENCES device (id),
  length ${int} NOT NULL,
  head ${bytes} NOT NULL,
  lsn ${int} NOT NULL,
  received_at ${int} NOT NULL,
  quarantined ${int} NOT NULL DEFAULT 0
)${strict};
CREATE INDEX segment_device ON segment (device);

-- The log. "mark" is the running hash of the log at this entry, cut to eight bytes.
CREATE TABLE op (
  lsn ${int} PRIMARY KEY,
  segment ${int} NOT NULL REFERENCES segment (ref),
  sequence ${int} NOT NULL,
  device ${text} NOT NULL,
  header ${sealedText} NOT NULL,
  salt ${sealed} NOT NULL,
  body ${sealed},
  hash ${bytes} NOT NULL,
  mark ${bytes} NOT NULL,
  UNIQUE (segment, sequence)
)${strict};
${appendOnly('op', ['lsn', 'segment', 'sequence', 'device', 'header', 'salt', 'hash', 'mark'], 'the log is append-only')}

-- The device's signature over each batch as it came: what it said its chain was.
CREATE TABLE attestation (
  segment ${int} NOT NULL REFERENCES segment (ref),
  length ${int} NOT NULL,
  header ${bytes} NOT NULL,
  sealed_hash ${bytes} NOT NULL,
  signature ${bytes} NOT NULL,
  PRIMARY KEY (segment, length)
) ${keyed};

-- Batches that fork a chain, whole, for whoever looks into it.
CREATE TABLE quarantine (
  id ${id},
  at ${int} NOT NULL,
  device ${text} NOT NULL,
  segment ${text} NOT NULL,
  header ${bytes} NOT NULL,
  sealed ${bytes} NOT NULL,
  signature ${bytes} NOT NULL
)${strict};

-- What ought not to happen: refusals, replays, forks. No patient data.
CREATE TABLE event (id ${id}, at ${int} NOT NULL, device ${text}, code ${text} NOT NULL, what ${text} NOT NULL)${strict};
`;
