import { describe, expect, it } from 'vitest';
import { buildClientApi } from './client-api.ts';
import { CALL_NAMES, ENGINE_EVENT_NAMES } from './contract.ts';
import { CALLS_IN_FLIGHT_MAX } from './port.ts';

type Sent = { readonly id: number; readonly name: string; readonly input: unknown };
type Api = Record<string, Record<string, (input?: unknown) => Promise<unknown>>>;

function client(calls: readonly string[] = ['patients.search', 'patients.open', 'app.status']): { api: Api; on: (name: string, listener: (...data: unknown[]) => void) => () => void; sent: Sent[]; deliver: (message: unknown) => void } {
  const sent: Sent[] = [];
  let deliver: (message: unknown) => void = () => undefined;
  const port = {
    post: (message: unknown) => void sent.push(structuredClone(message) as Sent),
    onMessage: (listener: (message: unknown) => void) => {
      deliver = listener;
    },
    close: () => undefined,
  };
  const built = buildClientApi({ calls, events: ['records.changed'] }, port);
  return { api: built as unknown as Api, on: built['on'] as never, sent, deliver: (message) => deliver(message) };
}

describe('client api', () => {
  it('has one function per call of the contract, two levels deep, all frozen', () => {
    const built = buildClientApi({ calls: CALL_NAMES, events: ENGINE_EVENT_NAMES }, { post: () => undefined, onMessage: () => undefined, close: () => undefined });
    const names = Object.entries(built).flatMap(([concern, verbs]) => (concern === 'on' ? [] : Object.keys(verbs as object).map((verb) => `${concern}.${verb}`)));
    expect(names.toSorted()).toEqual(CALL_NAMES.toSorted());
    for (const part of [built, ...Object.values(built)]) expect(Object.isFrozen(part)).toBe(true);
    for (const verbs of Object.values(built)) for (const verb of Object.values(verbs as object)) expect(Object.isFrozen(verb)).toBe(true);
  });

  it('answers each call with its own reply, in whatever order replies come', async () => {
    const { api, sent, deliver } = client();
    const first = api['patients']!['search']!({ text: 'a' });
    const second = api['patients']!['open']!({ patient: 'b' });
    expect(sent.map(({ name, input }) => [name, input])).toEqual([['patients.search', { text: 'a' }], ['patients.open', { patient: 'b' }]]);
    deliver({ id: sent[1]!.id, ok: false, fault: { code: 'NOT_FOUND' } });
    deliver({ id: sent[0]!.id, ok: true, value: [1] });
    expect(await Promise.all([first, second])).toEqual([{ ok: true, value: [1] }, { ok: false, fault: { code: 'NOT_FOUND' } }]);
  });

  it('ignores replies to nothing, replies given twice, and messages that are none', async () => {
    const { api, sent, deliver } = client();
    const result = api['app']!['status']!({});
    for (const noise of [null, 1, 'x', {}, { id: 99, ok: true, value: 0 }, { event: 'records.changed' }, { event: 'unheard', data: 1 }, { stopped: 'no' }]) deliver(noise);
    deliver({ id: sent[0]!.id, ok: true, value: 'right' });
    deliver({ id: sent[0]!.id, ok: true, value: 'late' });
    expect(await result).toEqual({ ok: true, value: 'right' });
  });

  it('takes a reply without a fault for a fault', async () => {
    const { api, sent, deliver } = client();
    const result = api['app']!['status']!({});
    deliver({ id: sent[0]!.id, ok: 'yes', value: 'not a result' });
    expect(await result).toEqual({ ok: false, fault: { code: 'INTERNAL', detail: { engine: 'unreadable' } } });
  });

  it('HST-11 settles everything when the engine stops, and refuses from then on without sending', async () => {
    const { api, sent, deliver } = client();
    const waiting = [api['app']!['status']!({}), api['patients']!['search']!({})];
    deliver({ stopped: true });
    const after = api['app']!['status']!({});
    expect(await Promise.all([...waiting, after])).toEqual(Array.from({ length: 3 }, () => ({ ok: false, fault: { code: 'INTERNAL', detail: { engine: 'stopped' } } })));
    expect(sent).toHaveLength(2);
  });

  it('HST-10 refuses at the limit of calls in flight and takes one again when one is answered', async () => {
    const { api, sent, deliver } = client();
    const open = Array.from({ length: CALLS_IN_FLIGHT_MAX }, () => api['app']!['status']!({}));
    expect(await api['app']!['status']!({})).toEqual({ ok: false, fault: { code: 'BUSY', detail: { limit: CALLS_IN_FLIGHT_MAX } } });
    deliver({ id: sent[0]!.id, ok: true, value: 1 });
    expect(await open[0]).toEqual({ ok: true, value: 1 });
    void api['app']!['status']!({});
    expect(sent).toHaveLength(CALLS_IN_FLIGHT_MAX + 1);
  });

  it('HST-10 refuses what cannot be cloned and does not count it as in flight', async () => {
    const { api, sent } = client();
    for (let count = 0; count < CALLS_IN_FLIGHT_MAX + 5; count += 1) expect(await api['app']!['status']!(() => count)).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
    expect(sent).toEqual([]);
  });

  it('HST-5 gives listeners data alone, until they unsubscribe', () => {
    const { on, deliver } = client();
    const heard: unknown[][] = [];
    const stop = on('records.changed', (...data) => heard.push(data));
    deliver({ event: 'records.changed', data: { patients: [] } });
    stop();
    stop();
    deliver({ event: 'records.changed', data: { patients: ['x'] } });
    expect(heard).toEqual([[{ patients: [] }]]);
    expect(() => on('constructor', () => undefined)).toThrow(TypeError);
  });

  it.each(['search', 'a.b.c', 'on.x', 'Patients.search', 'a.b-c', '__proto__.x', 'a.', ''])('builds nothing for the name %j', (name) => {
    expect(() => client([name])).toThrow('cannot name a call');
  });
});
