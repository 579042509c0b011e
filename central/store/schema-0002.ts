import type { SchemaStep } from './schema-types.ts';

/** When each entry came, and the systems that may read the records with all they looked at. */
export const apiSchema: SchemaStep = ({ int, text, sealedText, id, strict, keyed, appendOnly }) => `
-- Hub's clock, epoch milliseconds; null for entries of version 0.1.0, which kept it per segment alone.
ALTER TABLE op ADD COLUMN received_at ${int};

-- Systems that read over the FHIR API: the hash of their token only.
CREATE TABLE api_client (
  id ${text} PRIMARY KEY,
  name ${text} NOT NULL,
  token_hash ${text} NOT NULL UNIQUE,
  scopes ${text} NOT NULL,
  created_at ${int} NOT NULL,
  expires_at ${int} NOT NULL,
  revoked_at ${int}
) ${keyed};

-- Who looked at whom (45 CFR 164.312(b)); "patients" is the list of record ids.
CREATE TABLE api_access (
  id ${id},
  at ${int} NOT NULL,
  client ${text} NOT NULL REFERENCES api_client (id),
  interaction ${text} NOT NULL,
  type ${text},
  parameters ${text} NOT NULL,
  patients ${sealedText} NOT NULL,
  found ${int} NOT NULL
)${strict};
${appendOnly('api_access', ['at', 'client', 'interaction', 'type', 'parameters', 'patients', 'found'], 'what was looked at stays on record')}
CREATE INDEX api_access_at ON api_access (at);
`;
