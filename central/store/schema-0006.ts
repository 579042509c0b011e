import type { SchemaStep } from './schema-types.ts';

/** Whose chart each entry belongs to, and which patients each device holds (shared/sync/scope.ts). */
export const scopeSchema: SchemaStep = ({ int, text, keyed, headerText }) => `
ALTER TABLE op ADD COLUMN patient ${text};
UPDATE op SET patient = ${headerText('header', 'patient')};
CREATE INDEX op_patient ON op (patient, lsn) WHERE patient IS NOT NULL;

-- The rule in JSON, null for everything; the code of the place where the device stands; how many changes its scope has seen.
ALTER TABLE device ADD COLUMN scope ${text};
ALTER TABLE device ADD COLUMN catchment ${text};
ALTER TABLE device ADD COLUMN scope_version ${int} NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN partial ${int} NOT NULL DEFAULT 0;

-- Where a patient has been written about; '' by a device of no catchment.
CREATE TABLE patient_catchment (patient ${text} NOT NULL, catchment ${text} NOT NULL, PRIMARY KEY (patient, catchment)) ${keyed};
INSERT INTO patient_catchment (patient, catchment) SELECT DISTINCT patient, '' FROM op WHERE patient IS NOT NULL;

CREATE TABLE scope_member (
  device ${text} NOT NULL REFERENCES device (id),
  patient ${text} NOT NULL,
  state ${text} NOT NULL CHECK (state IN ('entering', 'in', 'leaving', 'out')),
  since ${int} NOT NULL,
  version ${int} NOT NULL,
  PRIMARY KEY (device, patient)
) ${keyed};
CREATE INDEX scope_member_version ON scope_member (device, version);
`;
