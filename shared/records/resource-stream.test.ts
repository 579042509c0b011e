import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import type { ResourceStreamEvent, SourceResource, StreamLimits } from './resource-events.ts';
import { createResourceStream } from './resource-stream.ts';

function readChunks(chunks: readonly Uint8Array[], limits?: StreamLimits): readonly ResourceStreamEvent[] {
  const stream = createResourceStream(limits);
  const events = chunks.flatMap((chunk) => stream.feed(chunk));
  return [...events, ...stream.end()];
}

function read(source: string | Uint8Array, limits?: StreamLimits): readonly ResourceStreamEvent[] {
  return readChunks([typeof source === 'string' ? utf8(source) : source], limits);
}

/** Every chunk is a copy that is overwritten after use, as a reader that reuses its buffer would. */
function readCut(bytes: Uint8Array, sizes: readonly number[], limits?: StreamLimits): readonly ResourceStreamEvent[] {
  const stream = createResourceStream(limits);
  const events: ResourceStreamEvent[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const chunk = bytes.slice(at, at + (sizes[turn % sizes.length] ?? 1));
    at += chunk.length;
    events.push(...stream.feed(chunk));
    chunk.fill(0x2a);
  }
  events.push(...stream.end());
  return events;
}

function resources(events: readonly ResourceStreamEvent[]): readonly SourceResource[] {
  return events.filter((event) => event.kind === 'resource');
}

function faultOf(events: readonly ResourceStreamEvent[]): unknown {
  const last = events.at(-1);
  return last?.kind === 'fault' ? last.code : `${last?.kind}`;
}

const patient = '{"resourceType":"Patient","id":"a"}';
const weight = '{"resourceType":"Observation","valueQuantity":{"value":1.00,"low":1E-245}}';

describe('shapes', () => {
  it('reads a bundle whatever the order of its members', () => {
    const entry = `"entry":[{"fullUrl":"urn:uuid:1","resource":${patient}},{"resource":${weight},"request":{"method":"POST","url":"Observation"}}]`;
    const type = '"type":"transaction"';
    const name = '"resourceType":"Bundle"';
    for (const order of [[entry, type, name], [name, type, entry], [type, entry, name], [name, entry, type]]) {
      const events = read(`{${order.join(',')}}`);
      expect(resources(events).map(({ text }) => text)).toEqual([patient, weight]);
      expect(resources(events).map(({ fullUrl }) => fullUrl)).toEqual(['urn:uuid:1', null]);
      expect(resources(events).map(({ at }) => at.entry)).toEqual([0, 1]);
      expect(resources(events)[1]?.request).toEqual({ method: 'POST', url: 'Observation', ifNoneExist: null });
      expect(events.at(-1)).toMatchObject({ kind: 'end', shape: 'bundle', bundleType: 'transaction', resources: 2, problems: 0 });
    }
  });

  it('reads members of an entry in any order and gives the place of the resource itself', () => {
    const source = `{"resourceType":"Bundle",\n"entry":[\n{"resource" : ${patient},"fullUrl":"urn:uuid:x"}]}`;
    const [resource] = resources(read(source));
    expect(resource).toMatchObject({ fullUrl: 'urn:uuid:x', at: { offset: source.indexOf(patient), line: 3, entry: 0 } });
  });

  it('reads a resource on its own, its type at the end', () => {
    const events = read('{ "id" : "a", "resourceType" : "Patient" }\n');
    expect(resources(events).map(({ text, type }) => [text, type])).toEqual([['{"id":"a","resourceType":"Patient"}', 'Patient']]);
    expect(events.at(-1)).toMatchObject({ kind: 'end', shape: 'resource' });
  });

  it('reads a List, which has an entry too, as one resource, its type at either end', () => {
    const entry = '"entry":[{"item":{"reference":"Patient/a"}},{"item":{"reference":"Patient/b"}}]';
    for (const text of [`{"resourceType":"List",${entry}}`, `{${entry},"status":"current","resourceType":"List"}`, '{"entry":["odd"],"resourceType":"List"}', '{"entry":[],"resourceType":"List"}']) {
      expect(resources(read(text)).map((resource) => [resource.type, resource.text])).toEqual([['List', text]]);
      expect(resources(readCut(utf8(text), [1])).map((resource) => resource.text)).toEqual([text]);
    }
  });

  it('reads NDJSON with blank lines, both line ends and no newline at the end', () => {
    const events = read(`${patient}\r\n\n${weight}\n${patient}`);
    expect(resources(events).map(({ text, at }) => [text, at.line, at.entry])).toEqual([
      [patient, 1, 0],
      [weight, 3, 1],
      [patient, 4, 2],
    ]);
    expect(events.at(-1)).toMatchObject({ kind: 'end', shape: 'ndjson', resources: 3 });
  });

  it('reads NDJSON with a bundle on each line', () => {
    const line = `{"resourceType":"Bundle","type":"batch","entry":[{"resource":${patient}}]}`;
    expect(resources(read(`${line}\n${line}\n`)).map(({ at }) => [at.line, at.entry])).toEqual([[1, 0], [2, 1]]);
  });

  it('reads an empty bundle, and one without entries', () => {
    for (const text of ['{"resourceType":"Bundle","entry":[]}', '{"entry":[ ],"resourceType":"Bundle"}', '{"resourceType":"Bundle"}']) {
      expect(read(text)).toEqual([expect.objectContaining({ kind: 'end', shape: 'bundle', resources: 0 })]);
    }
  });

  it('hands out a bundle within a bundle as one resource', () => {
    const inner = `{"resourceType":"Bundle","entry":[{"resource":${patient}}]}`;
    expect(resources(read(`{"resourceType":"Bundle","entry":[{"resource":${inner}}]}`)).map(({ text }) => text)).toEqual([inner]);
  });

  it('reads names written with escapes', () => {
    const source = `{"\\u0065ntry":[{"res\\u006Furce":${patient}}],"resource\\u0054ype":"\\u0042undle"}`;
    expect(resources(read(source)).map(({ text }) => text)).toEqual([patient]);
    expect(resources(readCut(utf8(source), [1])).map(({ text }) => text)).toEqual([patient]);
  });

  it('skips a UTF-8 byte order mark, also one that arrives byte by byte', () => {
    const marked = new Uint8Array([0xef, 0xbb, 0xbf, ...utf8(patient)]);
    expect(resources(read(marked))[0]).toMatchObject({ text: patient, at: { offset: 3 } });
    expect(resources(readCut(marked, [1]))[0]).toMatchObject({ text: patient, at: { offset: 3 } });
  });
});

describe('problems of one entry', () => {
  const among = (entry: string): readonly ResourceStreamEvent[] => read(`{"resourceType":"Bundle","entry":[{"resource":${patient}},${entry},{"resource":${weight}}]}`);

  it.each([
    ['entry-without-resource', '{"request":{"method":"DELETE","url":"Patient/1"}}'],
    ['entry-without-resource', '{"resource":null}'],
    ['entry-without-resource', '{"resource":"Patient"}'],
    ['entry-without-resource', '{"resource":[{}]}'],
    ['no-resource-type', '{"resource":{}}'],
    ['no-resource-type', '{"resource":{"resourceType":7}}'],
    ['no-resource-type', '{"resource":{"resourceType":"patient"}}'],
    ['no-resource-type', '{"resource":{"resourceType":"../Patient"}}'],
    ['duplicate-key', '{"resource":{"resourceType":"Patient","id":"a","id":"b"}}'],
    ['duplicate-key', '{"resource":{"resourceType":"Patient","name":[{"family":"A","fam\\u0069ly":"B"}]}}'],
    ['duplicate-key', `{"resource":${patient},"resource":${weight}}`],
    ['prototype-key', '{"resource":{"resourceType":"Patient","__proto__":{"active":true}}}'],
    ['lone-surrogate', '{"resource":{"resourceType":"Patient","id":"\\ud83d"}}'],
    ['lone-surrogate', '{"resource":{"resourceType":"Patient","\\uDE00":"a"}}'],
    ['nul-character', '{"resource":{"resourceType":"Patient","id":"a\\u0000b"}}'],
  ])('%s leaves the rest of the file standing: %j', (code, entry) => {
    const events = among(entry);
    expect(events.filter(({ kind }) => kind === 'problem')).toEqual([{ kind: 'problem', code, at: expect.objectContaining({ entry: 1 }) }]);
    expect(resources(events).map(({ text }) => text)).toEqual([patient, weight]);
    expect(events.at(-1)).toMatchObject({ kind: 'end', resources: 2, problems: 1 });
  });

  it('takes what only looks like a hazard', () => {
    const harmless = '{"resourceType":"Patient","text":{"div":"a:b \\\\ud83d \\\\u0000 \\ud83d\\ude00 {[\\"}"},"toString":1,"constructor":2}';
    expect(resources(among(`{"resource":${harmless}}`))[1]?.text).toBe(harmless);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

describe('faults of the whole file', () => {
  const utf16 = (text: string, littleEndian: boolean): Uint8Array => {
    const bytes = new Uint8Array(text.length * 2);
    for (let index = 0; index < text.length; index += 1) new DataView(bytes.buffer).setUint16(index * 2, text.charCodeAt(index), littleEndian);
    return bytes;
  };
  const inBundle = (resource: string): string => `{"resourceType":"Bundle","entry":[{"resource":${patient}},{"resource":${resource}}]}`;

  it.each([
    ['empty', ''],
    ['empty', ' \r\n\t'],
    ['not-json', 'id,name\n1,Ada\n'],
    ['xml', '<?xml version="1.0"?><Patient/>'],
    ['not-an-object', '[{"resourceType":"Patient"}]'],
    ['not-an-object', '"Patient"'],
    ['comment', '// a patient\n{"resourceType":"Patient"}'],
    ['content-after-end', `${patient}}`],
    ['content-after-end', `${patient} ${patient}`],
    ['content-after-end', `{\n"resourceType":"Patient"}\n${patient}`],
    ['content-after-end', `${patient}\n{\n"resourceType":"Patient"}`],
    ['content-after-end', `${patient}\0`],
    ['malformed-bundle', '{"resourceType":"Bundle","entry":{}}'],
    ['malformed-bundle', '{"resourceType":"Bundle","entry":[1]}'],
    ['malformed-bundle', '{"resourceType":"Bundle","entry":[null]}'],
    ['malformed-bundle', `{"entry":[{"resource":${patient}}],"resourceType":"Basic"}`],
    ['malformed-bundle', `{"entry":[{"resource":${patient}}]}`],
    ['malformed-bundle', '{"entry":[{"item":{}}],"resourceType":"Bundle"}'],
    ['duplicate-key', '{"resourceType":"Bundle","entry":[],"entry":[]}'],
    ['duplicate-key', '{"resourceType":"Bundle","type":"batch","type":"batch","entry":[]}'],
    ['trailing-comma', `{"resourceType":"Bundle","entry":[{"resource":${patient}},]}`],
    ['missing-comma', `{"resourceType":"Bundle","entry":[{"resource":${patient}}{"resource":${patient}}]}`],
    ['comment', `{"resourceType":"Bundle","entry":[/* none */]}`],
    ['trailing-comma', inBundle('{"resourceType":"Patient",}')],
    ['comment', inBundle('{"resourceType":"Patient" /* "quoted" */}')],
    ['single-quote', inBundle("{'resourceType':'Patient'}")],
    ['unquoted-text', inBundle('{resourceType:"Patient"}')],
    ['unquoted-text', inBundle('{"resourceType":"Patient","active":True}')],
    ['missing-comma', inBundle('{"resourceType":"Patient" "id":"a"}')],
    ['missing-comma', inBundle('{"resourceType":"Patient","a":1 2}')],
    ['missing-colon', inBundle('{"resourceType" "Patient"}')],
    ['mismatched-bracket', inBundle('{"resourceType":"Patient","name":[}]')],
    ['bad-number', inBundle('{"resourceType":"Observation","value":01}')],
    ['bad-number', inBundle('{"resourceType":"Observation","value":.5}')],
    ['bad-escape', inBundle('{"resourceType":"Patient","id":"\\x41"}')],
    ['control-character', inBundle('{"resourceType":"Patient","id":"a\nb"}')],
    ['nul-byte', inBundle('{"resourceType":"Patient","id":"a\0b"}')],
    ['nul-byte', inBundle('{"resourceType":"Patient",\0"id":"ab"}')],
    ['truncated', inBundle(patient).slice(0, -1)],
    ['truncated', inBundle(patient).slice(0, 60)],
    ['truncated', patient.slice(0, -2)],
    ['truncated', `${patient}\n${patient.slice(0, 9)}`],
  ])('%s: %j', (code, source) => {
    expect(faultOf(read(source))).toBe(code);
    expect(readCut(utf8(source), [1])).toEqual(read(source));
  });

  it('names foreign encodings and packed files', () => {
    expect(faultOf(read(utf16(patient, true)))).toBe('utf-16');
    expect(faultOf(read(utf16(patient, false)))).toBe('utf-16');
    expect(faultOf(read(utf16(`\ufeff${patient}`, true)))).toBe('utf-16');
    expect(faultOf(read(utf16(`\ufeff${patient}`, false)))).toBe('utf-16');
    expect(faultOf(read(new Uint8Array([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0])))).toBe('utf-32');
    expect(faultOf(read(new Uint8Array([0, 0, 0, 0x7b, 0, 0, 0, 0x7d])))).toBe('utf-32');
    expect(faultOf(read(new Uint8Array([0x7b, 0, 0, 0, 0x7d, 0, 0, 0])))).toBe('utf-32');
    expect(faultOf(read(new Uint8Array([0x1f, 0x8b, 8, 0, 0])))).toBe('compressed');
    expect(faultOf(read(new Uint8Array([0x50, 0x4b, 3, 4, 0])))).toBe('compressed');
  });

  it('names bytes that are not UTF-8, with their place', () => {
    const latin1 = Uint8Array.from(`{"resourceType":"Patient",\n"name":"Jos\u00e9"}`, (letter) => letter.charCodeAt(0));
    expect(read(latin1)).toEqual([{ kind: 'fault', code: 'invalid-utf8', at: { offset: 38, line: 2, entry: 0 } }]);
    const overlong = new Uint8Array([...utf8('{"a":"'), 0xc0, 0xaf, ...utf8('"}')]);
    expect(faultOf(read(overlong))).toBe('invalid-utf8');
  });

  it('says where: offset, line and entry', () => {
    const source = `{"resourceType":"Bundle","entry":[\n{"resource":${patient}},\n{"resource":\n{"id":'a'}}]}`;
    expect(read(source).at(-1)).toEqual({ kind: 'fault', code: 'single-quote', at: { offset: source.indexOf("'"), line: 4, entry: 1 } });
    const behind = `{"resourceType":"Bundle","entry":[\n{"resource":${patient}}\n],\n"type":batch}`;
    expect(read(behind).at(-1)).toEqual({ kind: 'fault', code: 'unquoted-text', at: { offset: behind.indexOf('batch'), line: 4, entry: null } });
  });

  it('says nothing more once it has refused', () => {
    const stream = createResourceStream();
    expect(stream.feed(utf8('[1]\n')).map(({ kind }) => kind)).toEqual(['fault']);
    expect(stream.feed(utf8(patient))).toEqual([]);
    expect(stream.end()).toEqual([]);
  });
});

describe('limits', () => {
  const limits: StreamLimits = { resourceMaxBytes: 200, depthMax: 8, entriesMax: 3 };
  const sized = (length: number): string => {
    const empty = '{"resourceType":"Basic","id":""}';
    return empty.replace('""', `"${'x'.repeat(length - empty.length)}"`);
  };

  it('refuses a resource over its size whatever the chunks, and no other', () => {
    for (const sizes of [[1], [7], [64], [10_000]]) {
      expect(faultOf(readCut(utf8(sized(201)), sizes, limits))).toBe('resource-too-large');
      expect(faultOf(readCut(utf8(sized(200)), sizes, limits))).toBe('end');
      expect(faultOf(readCut(utf8(`{"resourceType":"Bundle","entry":[{"resource":${sized(200)}}]}`), sizes, limits))).toBe('resource-too-large');
      const large = `{"entry":[${Array.from({ length: 3 }, () => `{"resource":${sized(180)}}`).join(',')}],"resourceType":"Bundle"}`;
      expect(resources(readCut(utf8(large), sizes, limits))).toHaveLength(3);
    }
  });

  it('blames a missing quote rather than the size', () => {
    const source = `{"resourceType":"Patient","id":"a,\n"name":"${'x'.repeat(300)}"}`;
    expect(faultOf(read(source, limits))).toBe('control-character');
  });

  it('refuses deep nesting before it is parsed, counted from the resource', () => {
    const nested = (depth: number): string => `{"resourceType":"Basic","a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(faultOf(read(nested(8), limits))).toBe('end');
    expect(faultOf(read(nested(9), limits))).toBe('too-deep');
    expect(faultOf(read(`{"resourceType":"Bundle","entry":[{"resource":${nested(8)}}]}`, limits))).toBe('end');
    expect(faultOf(read(`{"resourceType":"Bundle","entry":[{"resource":${nested(9)}}]}`, limits))).toBe('too-deep');
    expect(faultOf(read(`{"a":${'['.repeat(100_000)}`))).toBe('too-deep');
  });

  it('refuses more entries than it counts', () => {
    expect(faultOf(read(`${patient}\n`.repeat(3), limits))).toBe('end');
    expect(faultOf(read(`${patient}\n`.repeat(4), limits))).toBe('too-many-entries');
  });
});

/** A JSON text as its tokens, so that whitespace can go between any two. */
const tokens: fc.Memo<readonly string[]> = fc.memo((depth) => {
  const number = fc.constantFrom('0', '-0', '1.00', '1E-245', '0.010', '12345678901234567890', '-7e+3', '1e999');
  const text = fc.oneof(fc.string({ unit: 'binary' }).filter((each) => each.isWellFormed() && !each.includes('\0')), fc.constantFrom('{"a":[', '\\', '"', 'é', '😀', '\u2028')).map((each) => JSON.stringify(each));
  const scalar = fc.oneof(number, text, fc.constantFrom('true', 'false', 'null')).map((each): readonly string[] => [each]);
  if (depth <= 1) return scalar;
  const array = fc.array(tokens(depth - 1), { maxLength: 4 }).map((items) => ['[', ...items.flatMap((item, index) => (index === 0 ? item : [',', ...item])), ']']);
  return fc.oneof(scalar, array, members(depth - 1));
});
const members = (depth: number): fc.Arbitrary<readonly string[]> =>
  fc
    .uniqueArray(fc.tuple(fc.string({ maxLength: 6 }).filter((name) => name.isWellFormed() && name !== '__proto__' && !name.includes('\0')), tokens(depth)), { maxLength: 4, selector: ([name]) => name })
    .map((pairs) => ['{', ...pairs.flatMap(([name, value], index) => [...(index === 0 ? [] : [',']), JSON.stringify(name), ':', ...value]), '}']);
const resourceTokens = fc.tuple(members(3), fc.boolean()).map(([body, typeFirst]) => {
  const type = ['"resourceType"', ':', '"Basic"'];
  const inside = body.slice(1, -1);
  const filled = inside.length === 0 ? type : typeFirst ? [...type, ',', ...inside] : [...inside, ',', ...type];
  return ['{', ...filled, '}'];
});
const space = fc.constantFrom('', '', '', ' ', '\n', '\t ', '\r\n');
const spacedOut = (parts: readonly string[], spaces: readonly string[]): string => parts.map((part, index) => `${part}${spaces[index % spaces.length] ?? ''}`).join('');

describe('any JSON, cut anywhere', () => {
  it('gives the same resources from a bundle in chunks of any size, each without its whitespace', () => {
    fc.assert(
      fc.property(fc.array(resourceTokens, { maxLength: 5 }), fc.array(space, { minLength: 1, maxLength: 7 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }), fc.boolean(), (all, spaces, sizes, entryFirst) => {
        const entries = all.flatMap((each, index) => [...(index === 0 ? [] : [',']), '{', '"fullUrl"', ':', `"urn:${index}"`, ',', '"resource"', ':', ...each, '}']);
        const entry = ['"entry"', ':', '[', ...entries, ']'];
        const type = ['"resourceType"', ':', '"Bundle"'];
        const source = spacedOut(['{', ...(entryFirst ? [...entry, ',', ...type] : [...type, ',', ...entry]), '}'], spaces);
        const whole = read(source);
        expect(resources(whole).map(({ text }) => text)).toEqual(all.map((each) => each.join('')));
        expect(resources(whole).map(({ fullUrl }) => fullUrl)).toEqual(all.map((_, index) => `urn:${index}`));
        for (const { text, value, at } of resources(whole)) {
          expect(JSON.parse(text)).toEqual(value);
          expect(utf8(source)[at.offset]).toBe(0x7b);
        }
        expect(whole.at(-1)).toMatchObject({ kind: 'end', problems: 0, bytes: utf8(source).length });
        expect(readCut(utf8(source), sizes)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same resources from NDJSON in chunks of any size', () => {
    fc.assert(
      fc.property(fc.array(resourceTokens, { minLength: 2, maxLength: 5 }), fc.constantFrom(' ', '\t', ''), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }), (all, gap, sizes) => {
        const source = utf8(all.map((each) => spacedOut(each, [gap])).join('\n'));
        const whole = read(source);
        expect(resources(whole).map(({ text, at }) => [text, at.line])).toEqual(all.map((each, index) => [each.join(''), index + 1]));
        expect(readCut(source, sizes)).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same however a bundle is cut in two, and refuses it wherever it ends early', () => {
    const source = utf8(`{"entry":[{"resource":{"resourceType":"Patient","name":[{"family":"\u00d1\\u00f1\\"\ud83d\ude00"}]},"fullUrl":"u"} , {"resource":${weight}}],\n"resourceType":"Bundle"}`);
    const whole = read(source);
    expect(resources(whole)).toHaveLength(2);
    for (let cut = 0; cut < source.length; cut += 1) {
      expect(readChunks([source.slice(0, cut), source.slice(cut)])).toEqual(whole);
      const early = read(source.slice(0, cut));
      expect(faultOf(early)).toBe(cut === 0 ? 'empty' : 'truncated');
      expect(resources(early)).toEqual(resources(whole).slice(0, resources(early).length));
    }
  });
});
