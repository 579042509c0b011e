import { SEARCH_PARAMETERS, type SearchParameter } from '../records/records.ts';

/** What this server can do, as it does it (capabilitystatement.html): made from the tables that searches are answered by. */
export function capabilityStatement(base: string, software: string, dateIso: string): object {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: dateIso,
    kind: 'instance',
    software: { name: 'Outpost central', version: software },
    implementation: { description: 'Clinical records of an Outpost organization, read-only', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    instantiates: ['http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data'],
    rest: [
      {
        mode: 'server',
        documentation: 'Reads and searches. Charting happens at the workstations; nothing is written here. A resource tagged urn:outpost:conflict holds an element for which a person has yet to choose between concurrent values.',
        security: {
          cors: false,
          service: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'OAuth', display: 'OAuth' }], text: 'Bearer tokens issued by the organization, over TLS 1.3' }],
        },
        resource: Object.entries(SEARCH_PARAMETERS).map(([type, parameters]) => resourceOf(type, parameters)),
        searchParam: [
          { name: '_id', type: 'token', documentation: 'Logical id' },
          { name: '_lastUpdated', type: 'date', documentation: 'When central received the newest change' },
        ],
        operation: [{ name: 'export', definition: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export' }],
      },
    ],
  };
}

function resourceOf(type: string, parameters: readonly SearchParameter[]): object {
  const references = parameters.filter((each) => each.type === 'reference').map(({ name }) => `${type}:${name}`);
  const reverse = Object.entries(SEARCH_PARAMETERS).flatMap(([other, theirs]) => theirs.filter((each) => each.type === 'reference' && each.targets?.includes(type) === true).map(({ name }) => `${other}:${name}`));
  const operations = type === 'Patient'
    ? [{ name: 'everything', definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything' }, { name: 'export', definition: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export' }]
    : [];
  return {
    type,
    interaction: [{ code: 'read' }, { code: 'vread' }, { code: 'history-instance' }, { code: 'search-type' }],
    versioning: 'versioned',
    readHistory: true,
    updateCreate: false,
    ...(references.length === 0 ? {} : { searchInclude: references }),
    ...(reverse.length === 0 ? {} : { searchRevInclude: reverse }),
    searchParam: parameters.map((each) => ({ name: each.name, type: each.type, ...(each.type === 'string' ? { documentation: 'Case and accents do not count, in :exact either' } : {}) })),
    ...(operations.length === 0 ? {} : { operation: operations }),
  };
}
