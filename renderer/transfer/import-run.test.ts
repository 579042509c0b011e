import { describe, expect, it } from 'vitest';
import { ok, refuse } from '../../shared/base/result.ts';
import type { CallResult } from '../../shared/ipc/contract.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import { CHUNK_BYTES } from './chunks.ts';
import { ImportRun, type ImportFile, type ImportPort } from './import-run.ts';

const file = (name: string, size: number): ImportFile => ({ name, size, slice: (from, to) => ({ arrayBuffer: async () => new ArrayBuffer(to - from) }) });

/** An engine that takes chunks when told, and a record of what it was sent. */
function world(change: Partial<ImportPort> = {}) {
  const sent: { file: number; bytes: number; last: boolean }[] = [];
  const asked: string[] = [];
  let job: JobView = { job: 'j', type: 'import', state: 'running', done: 0, total: 0, unit: 'bytes', files: [], fault: null };
  const port: ImportPort = {
    begin: async (files) => {
      job = { ...job, total: files.reduce((sum, each) => sum + each.bytes, 0), files: files.map(({ name, bytes }) => ({ file: name, bytes, outcome: 'waiting', fault: null, read: {}, taken: 0, alreadyPresent: 0, skipped: [], skippedCount: 0 })) };
      return ok({ job: 'j' });
    },
    chunk: async ({ file: index, bytes, last }) => {
      sent.push({ file: index, bytes: bytes.length, last });
      const files = job.files.map((each, at) => (at === index && last ? { ...each, outcome: 'taken' as const } : each));
      job = { ...job, done: job.done + bytes.length, files, state: files.every(({ outcome }) => outcome !== 'waiting') ? 'done' : 'running' };
      return ok(job);
    },
    view: async () => { asked.push('view'); return ok(job); },
    cancel: async () => { asked.push('cancel'); job = { ...job, state: 'cancelled' }; return ok(job); },
    ...change,
  };
  return { run: new ImportRun(port), sent, asked };
}

describe('an import', () => {
  it('sends every file in order, in chunks, and ends with the engine\'s report', async () => {
    const { run, sent } = world();
    await run.start([file('a.json', CHUNK_BYTES + 5), file('b.ndjson', 0)]);
    expect(sent).toEqual([{ file: 0, bytes: CHUNK_BYTES, last: false }, { file: 0, bytes: 5, last: true }, { file: 1, bytes: 0, last: true }]);
    expect(run.state()).toMatchObject({ at: 'over', job: { state: 'done', done: CHUNK_BYTES + 5 } });
  });

  it('never has a second chunk on its way', async () => {
    let open = 0;
    let most = 0;
    const { run } = world({
      chunk: async ({ last }): Promise<CallResult<'import.chunk'>> => {
        open += 1;
        most = Math.max(most, open);
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
        open -= 1;
        return ok({ job: 'j', type: 'import', state: last ? 'done' : 'running', done: 0, total: 0, unit: 'bytes', files: [], fault: null });
      },
    });
    await run.start([file('a', CHUNK_BYTES * 4)]);
    expect(most).toBe(1);
  });

  it('stops sending once cancelled', async () => {
    let chunks = 0;
    const cancelled: JobView = { job: 'j', type: 'import', state: 'cancelled', done: 0, total: 0, unit: 'bytes', files: [], fault: null };
    const { run } = world({
      chunk: async () => {
        chunks += 1;
        return chunks === 2 ? refuse('CANCELLED') : ok({ ...cancelled, state: 'running' });
      },
      view: async () => ok(cancelled),
    });
    await run.start([file('a', CHUNK_BYTES * 9)]);
    expect(chunks).toBe(2);
    expect(run.state()).toMatchObject({ at: 'over', job: { state: 'cancelled' } });
  });

  it('can be cancelled before the engine has answered anything', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { run, sent, asked } = world({ begin: async () => { await promise; return ok({ job: 'j' }); } });
    const started = run.start([file('a', CHUNK_BYTES * 3)]);
    await run.cancel();
    expect(run.state()).toMatchObject({ at: 'running', cancelling: true });
    resolve();
    await started;
    expect(asked).toEqual(['cancel']);
    expect(sent).toEqual([]);
    expect(run.state()).toMatchObject({ at: 'over', job: { state: 'cancelled' } });
  });

  it('does not come back to life by an answer that was on its way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const running: JobView = { job: 'j', type: 'import', state: 'running', done: 1, total: 9, unit: 'bytes', files: [], fault: null };
    const { run } = world({ chunk: async () => { await promise; return ok(running); } });
    const started = run.start([file('a', CHUNK_BYTES * 3)]);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    await run.cancel();
    resolve();
    await started;
    expect(run.state()).toMatchObject({ at: 'over', job: { state: 'cancelled' } });
  });

  it('goes on with the next file when one is refused', async () => {
    const sentTo: number[] = [];
    const { run } = world({
      chunk: async ({ file: index, last }) => {
        sentTo.push(index);
        const report = (at: number, outcome: 'refused' | 'waiting' | 'taken') => ({ file: String(at), bytes: 0, outcome, fault: null, read: {}, taken: 0, alreadyPresent: 0, skipped: [], skippedCount: 0 });
        return ok({ job: 'j', type: 'import', state: index === 1 && last ? 'done' : 'running', done: 0, total: 0, unit: 'bytes', files: [report(0, 'refused'), report(1, 'waiting')], fault: null });
      },
    });
    await run.start([file('a', 1), file('b', 1)]);
    expect(sentTo).toEqual([0, 1]);
    expect(run.state().at).toBe('over');
  });

  it('cancels and says which file, when the disk gives out', async () => {
    const { run, asked } = world();
    await run.start([{ name: 'gone.json', size: 9, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('unplugged')) }) }]);
    expect(asked).toEqual(['cancel']);
    expect(run.state()).toMatchObject({ at: 'stopped', fault: { code: 'FILE_UNREADABLE' }, file: 'gone.json' });
  });

  it('waits for the engine to finish what was sent, and asks again when told', async () => {
    let state: 'running' | 'done' = 'running';
    let views = 0;
    const view = () => { views += 1; return Promise.resolve(ok({ job: 'j', type: 'import', state, done: 1, total: 1, unit: 'bytes', files: [], fault: null } as const)); };
    const { run } = world({ chunk: async () => ok({ job: 'j', type: 'import', state: 'running', done: 1, total: 1, unit: 'bytes', files: [], fault: null }), view: view as never });
    await run.start([file('a', 1)]);
    expect(run.state().at).toBe('running');
    run.changed('another');
    expect(views).toBe(1);
    state = 'done';
    run.changed('j');
    run.changed('j');
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    expect(views).toBe(2);
    expect(run.state().at).toBe('over');
  });

  it('forgets everything when the screen locks', async () => {
    const { run } = world({ chunk: async () => refuse('LOCKED') });
    await run.start([file('a', 1)]);
    expect(run.state()).toEqual({ at: 'idle' });
  });

  it('says why it could not begin, and can begin again', async () => {
    let refusals = 1;
    const { run } = world({
      begin: async () => { refusals -= 1; return refusals === 0 ? refuse('DENIED', { rule: 'no-import' }) : ok({ job: 'j' }); },
      chunk: async () => ok({ job: 'j', type: 'import', state: 'done', done: 1, total: 1, unit: 'bytes', files: [], fault: null }),
    });
    await run.start([file('a', 1)]);
    expect(run.state()).toMatchObject({ at: 'stopped', fault: { code: 'DENIED' } });
    await run.start([file('a', 1)]);
    expect(run.state()).toMatchObject({ at: 'over' });
  });
});
