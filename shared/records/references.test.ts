import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordId } from '../base/ids.ts';
import { identifyImported, recordIdOfReference, resolveReference } from './imported-identity.ts';
import type { JsonObject } from './json.ts';
import { findReferences, namesOfResource, namesOfTarget, parseReference } from './references.ts';

const UUID = '3b1f8f0e-7c2a-4d52-9a55-0f6f8f2f9c11';

describe('reading a reference', () => {
  it.each([
    ['Patient/a-1.b', { kind: 'relative', type: 'Patient', id: 'a-1.b', version: null }],
    ['Patient/a/_history/2', { kind: 'relative', type: 'Patient', id: 'a', version: '2' }],
    ['https://ehr.example/fhir/R4/Patient/a', { kind: 'absolute', base: 'https://ehr.example/fhir/R4', type: 'Patient', id: 'a', version: null }],
    [`urn:uuid:${UUID.toUpperCase()}`, { kind: 'uuid', uuid: UUID }],
    ['#p1', { kind: 'contained', id: 'p1' }],
    ['#', { kind: 'contained', id: '' }],
    ['Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999989789', { kind: 'conditional', type: 'Practitioner', query: 'identifier=http://hl7.org/fhir/sid/us-npi|9999989789' }],
    ['urn:oid:1.2.3', { kind: 'other' }],
    ['urn:uuid:not-one', { kind: 'other' }],
    ['Patient/', { kind: 'other' }],
    ['Patient/../../etc', { kind: 'other' }],
    ['http://ehr.example/questionnaires', { kind: 'other' }],
    ['', { kind: 'other' }],
  ])('%s', (text, target) => {
    expect(parseReference(text)).toEqual(target);
  });

  it('never throws and never gives an empty type or id', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.stringMatching(/^[A-Za-z#/?:._-]{0,60}$/)), (text) => {
        const target = parseReference(text);
        expect('type' in target && target.type.length < 2).toBe(false);
        expect('id' in target && target.kind !== 'contained' && target.id === '').toBe(false);
      }),
    );
  });
});

describe('finding references', () => {
  it('finds them at any depth, in contained resources too, and a urn:uuid where a uri stands', () => {
    const resource: JsonObject = {
      resourceType: 'DocumentReference',
      identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${UUID}` }],
      contained: [{ resourceType: 'Practitioner', id: 'p', managingOrganization: { reference: 'Organization/o' } }],
      subject: { reference: 'Patient/a', display: 'A' },
      author: [{ reference: '#p' }, { display: 'nobody' }],
      content: [{ attachment: { url: `urn:uuid:${UUID}` } }],
      extension: [{ url: 'http://example.org/e', valueReference: { reference: 'Device?serial=1' } }, { url: 'http://example.org/f', valueExpression: { language: 'text/cql', reference: 'http://example.org/lib' } }],
    };
    expect(findReferences(resource).map(({ path, text, target }) => [path, text, target.kind])).toEqual([
      ['contained.0.managingOrganization', 'Organization/o', 'relative'],
      ['subject', 'Patient/a', 'relative'],
      ['author.0', '#p', 'contained'],
      ['content.0.attachment.url', `urn:uuid:${UUID}`, 'uuid'],
      ['extension.0.valueReference', 'Device?serial=1', 'conditional'],
    ]);
  });

  it('reads a relative reference first against the server of the entry that refers', () => {
    const target = parseReference('Patient/a');
    expect(namesOfTarget(target, 'http://one.example/fhir/Observation/o')).toEqual(['http://one.example/fhir/Patient/a', 'Patient/a']);
    expect(namesOfTarget(target, `urn:uuid:${UUID}`)).toEqual(['Patient/a']);
    expect(namesOfTarget(parseReference('#p'), null)).toEqual([]);
  });

  it('knows a resource by its fullUrl, and by its type and id, versions left aside', () => {
    expect(namesOfResource('Patient', 'a', 'http://one.example/fhir/Patient/a/_history/3')).toEqual(['http://one.example/fhir/Patient/a', 'Patient/a']);
    expect(namesOfResource('Patient', null, 'urn:oid:1.2')).toEqual(['urn:oid:1.2']);
  });
});

describe('identity', () => {
  it('takes a UUID id as the record id, in lower case', () => {
    const identity = identifyImported('Patient', UUID.toUpperCase(), `urn:uuid:${UUID}`);
    expect(identity).toEqual({ from: 'id', recordId: UUID, names: [] });
  });

  it('takes a UUID of any version and variant, as Synthea numbers its patients', () => {
    const loose = 'cd3d3588-94fc-b980-1e94-0390d989d921';
    expect(identifyImported('Patient', loose, null)).toEqual({ from: 'id', recordId: loose, names: [] });
    expect(recordIdOfReference(`Patient/${loose}`)).toBe(loose);
  });

  it('takes the UUID of the fullUrl where the id is none, and remembers the id', () => {
    expect(identifyImported('Patient', 'a', `urn:uuid:${UUID}`)).toEqual({ from: 'fullUrl', recordId: UUID, names: ['Patient/a'] });
    expect(identifyImported('Patient', null, `urn:uuid:${UUID}`)).toEqual({ from: 'fullUrl', recordId: UUID, names: [] });
  });

  it('lets the id win over a fullUrl that says otherwise, and remembers the fullUrl', () => {
    const other = '11111111-1111-4111-8111-111111111111';
    expect(identifyImported('Patient', UUID, `urn:uuid:${other}`)).toEqual({ from: 'id', recordId: UUID, names: [`urn:uuid:${other}`] });
  });

  it('leaves the record id to the ledger entry where nothing is a UUID', () => {
    expect(identifyImported('Patient', 'a', 'http://one.example/fhir/Patient/a')).toEqual({ from: 'entry', recordId: null, names: ['http://one.example/fhir/Patient/a', 'Patient/a'] });
    expect(identifyImported('Patient', null, null)).toEqual({ from: 'entry', recordId: null, names: [] });
  });

  it('resolves by what the batch remembers before it trusts a UUID, and never a contained or conditional one', () => {
    const minted = RecordId.parse('22222222-2222-8222-8222-222222222222');
    const remembered = new Map([[`urn:uuid:${UUID}`, minted], ['Patient/a', minted]]);
    const find = (name: string): RecordId | null => remembered.get(name) ?? null;
    expect(resolveReference(`urn:uuid:${UUID}`, null, find)).toBe(minted);
    expect(resolveReference(`urn:uuid:${UUID}`, null, () => null)).toBe(UUID);
    expect(resolveReference('Patient/a', 'http://one.example/fhir/Encounter/e', find)).toBe(minted);
    expect(resolveReference(`http://one.example/fhir/Patient/${UUID}`, null, () => null)).toBe(UUID);
    expect(resolveReference('Patient/b', null, find)).toBeNull();
    expect(resolveReference(`#${UUID}`, null, find)).toBeNull();
    expect(resolveReference('Patient?identifier=a', null, find)).toBeNull();
  });

  it('every resource is found by every name it has', () => {
    const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z0-9.-]{1,20}$/));
    const fullUrl = fc.oneof(fc.uuid().map((uuid) => `urn:uuid:${uuid}`), id.map((each) => `https://x.example/fhir/Patient/${each}`), fc.constant('urn:oid:2.16'));
    fc.assert(
      fc.property(fc.option(id), fc.option(fullUrl), (ownId, ownUrl) => {
        const identity = identifyImported('Patient', ownId, ownUrl);
        const recordId = identity.recordId ?? RecordId.parse('22222222-2222-8222-8222-222222222222');
        const find = (name: string): RecordId | null => (identity.names.includes(name) ? recordId : null);
        const byId = ownId === null ? [] : [resolveReference(`Patient/${ownId}`, ownUrl, find)];
        const byUrl = ownUrl === null || parseReference(ownUrl).kind === 'other' ? [] : [resolveReference(ownUrl, null, find)];
        expect([...byId, ...byUrl, recordIdOfReference(`urn:uuid:${recordId}`)].every((found) => found === recordId)).toBe(true);
      }),
    );
  });
});
