import { createHash } from 'node:crypto';

/**
 * What a chart must show, worked out a second time from nothing but the entries: no code of the product, no knowledge
 * of how anything arrived. For every element the values that nobody has superseded, which one counts, and whether a
 * person must decide.
 */
export type OracleEntry = { readonly headerText: string; readonly body: Uint8Array | null };
export type OracleElement = { readonly record: string; readonly element: string; readonly live: readonly string[]; readonly value: string | null; readonly conflict: 'safety' | 'review' | null };

/** Elements of which two live values are a danger (sync protocol 2.3, class B), as far as the simulator sets them. */
const DANGEROUS = 'Patient.name Patient.birthDate Patient.gender AllergyIntolerance.criticality AllergyIntolerance.clinicalStatus MedicationRequest.status MedicationRequest.dosageInstruction Condition.clinicalStatus Flag.status Observation.status'.split(' ');
/** The most careful first. */
const CAREFUL: Record<string, string> = { criticality: 'high unable-to-assess low', clinicalStatus: 'active inactive resolved', status: 'active on-hold stopped inactive' };
const ORDERED = 'AllergyIntolerance.criticality AllergyIntolerance.clinicalStatus Condition.clinicalStatus MedicationRequest.status Flag.status'.split(' ');

type Setter = { id: string; clock: [number, number]; value: string | null; parents: string[]; base: boolean };

/** `circle`: an entry that was superseded by nobody who lives, because under one id there are two histories, of which each side had read another; null where there is none. */
export function oracle(entries: readonly OracleEntry[], reader: number): { readonly elements: readonly OracleElement[]; readonly digest: string; readonly circle: string | null } {
  const types = new Map<string, string>();
  const setters = new Map<string, Map<string, Setter[]>>();
  const creations: { record: string; setter: Omit<Setter, 'value'>; body: Record<string, unknown> }[] = [];
  for (const { headerText, body } of entries) {
    const h = JSON.parse(headerText) as { kind: string; minReader: number; clock: [number, number]; parents: string[]; record: string | null; segment: string; sequence: number };
    if (body === null || h.minReader > reader || (h.kind !== 'resource' && h.kind !== 'amend')) continue;
    const content = JSON.parse(Buffer.from(body).toString()) as { resourceType?: string; fields?: Record<string, string | null> };
    const id = `${h.segment}.${h.sequence}`;
    if (h.kind === 'resource') {
      // UUID version 8 of 64 bits of segment, 50 of sequence and 8 of part (none here).
      const bits = ((BigInt(`0x${h.segment}`) << 58n) | (BigInt(h.sequence) << 8n)).toString(2).padStart(122, '0');
      const full = BigInt(`0b${bits.slice(0, 48)}1000${bits.slice(48, 60)}10${bits.slice(60)}`).toString(16).padStart(32, '0');
      const record = h.record ?? full.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      types.set(record, content.resourceType ?? '');
      creations.push({ record, setter: { id, clock: h.clock, parents: [], base: true }, body: content });
    } else {
      for (const [element, value] of Object.entries(content.fields ?? {})) {
        const of = setters.get(h.record ?? '') ?? new Map<string, Setter[]>();
        setters.set(h.record ?? '', of.set(element, [...(of.get(element) ?? []), { id, clock: h.clock, value, parents: h.parents, base: false }]));
      }
    }
  }
  const elements: OracleElement[] = [];
  let circle: string | null = null;
  for (const [record, of] of setters) {
    const type = types.get(record);
    if (type === undefined) continue;
    for (const [element, set] of of) {
      const all = [...set];
      for (const { record: other, setter, body } of creations) if (other === record) all.push({ ...setter, value: element in body ? JSON.stringify(body[element]) : null });
      const retired = new Set(set.flatMap(({ parents }) => parents));
      const free = all.filter(({ id }) => !retired.has(id));
      // Where each has superseded another nobody has settled anything.
      const live = (free.length > 0 ? free : [...set]).sort((a, b) => b.clock[0] - a.clock[0] || b.clock[1] - a.clock[1] || (a.id < b.id ? -1 : 1));
      const differ = live.some(({ value }) => value !== live[0]?.value);
      const dangerous = DANGEROUS.includes(`${type}.${element}`);
      const order = ORDERED.includes(`${type}.${element}`) ? (CAREFUL[element] ?? '').split(' ') : [];
      // A value that has no place in the order comes behind all that have one.
      const rank = (value: string | null): number => [...order.keys()].find((place) => value?.includes(`"${order[place] ?? ''}"`)) ?? order.length;
      const counts = differ && dangerous && order.length > 0 ? live.toSorted((a, b) => rank(a.value) - rank(b.value))[0] : live[0];
      elements.push({ record, element, live: live.map(({ id }) => id).sort(), value: counts?.value ?? null, conflict: differ ? (dangerous ? 'safety' : 'review') : null });
      const reached = new Set(live.map(({ id }) => id));
      for (let more = [...reached]; more.length > 0; ) more = more.flatMap((id) => all.find((each) => each.id === id)?.parents ?? []).filter((id) => !reached.has(id) && reached.add(id));
      circle ??= all.find(({ id }) => !reached.has(id))?.id ?? null;
    }
  }
  elements.sort((a, b) => (`${a.record} ${a.element}` < `${b.record} ${b.element}` ? -1 : 1));
  return { elements, digest: createHash('sha256').update(JSON.stringify(elements)).digest('hex'), circle };
}
