import { describe, expect, it } from 'vitest';
import { ok, refuse } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { type SnapshotFile, type SnapshotPort, SnapshotRun } from './snapshot-run.ts';

type View = CallOutput<'snapshot.chunk'>;
const MEBIBYTE = 1024 * 1024;

const file = (name: string, size: number): SnapshotFile => ({ name, size, slice: (from, to) => ({ arrayBuffer: () => Promise.resolve(new ArrayBuffer(to - from)) }) });

/** An engine that wants these files in order. */
function engine(wanted: readonly string[]): { readonly port: SnapshotPort; readonly heard: string[] } {
  const heard: string[] = [];
  let done = 0;
  const view = (): View => ({ next: wanted[done] ?? null, pages: { done, total: wanted.length }, applied: done, entries: null, whole: done === wanted.length });
  return {
    heard,
    port: {
      begin: () => (heard.push('begin'), Promise.resolve(ok(view()))),
      chunk: ({ file: name, bytes, last }) => {
        heard.push(`${name} ${bytes.length}${last ? ' last' : ''}`);
        if (last) done += 1;
        return Promise.resolve(ok(view()));
      },
      end: () => (heard.push('end'), Promise.resolve(ok(view()))),
    },
  };
}

describe('filling from a snapshot', () => {
  it('hands in what the engine wants, in its order, in pieces of a mebibyte, and lets it go at the end', async () => {
    const { port, heard } = engine(['snapshot.json', '000001.page', '000002.page']);
    const run = new SnapshotRun(port);
    await run.start([file('000002.page', 5), file('notes.txt', 9), file('000001.page', MEBIBYTE + 3), file('snapshot.json', MEBIBYTE)]);
    expect(heard).toEqual(['begin', `snapshot.json ${MEBIBYTE} last`, `000001.page ${MEBIBYTE}`, '000001.page 3 last', '000002.page 5 last', 'end']);
    expect(run.state()).toMatchObject({ at: 'whole', view: { whole: true } });
    run.clear();
    expect(run.state()).toEqual({ at: 'idle' });
  });

  it('hands in an empty file too, so that the engine can say what is wrong with it', async () => {
    const { port, heard } = engine(['snapshot.json']);
    await new SnapshotRun(port).start([file('snapshot.json', 0)]);
    expect(heard).toEqual(['begin', 'snapshot.json 0 last', 'end']);
  });

  it('names the file that is missing and lets the engine go', async () => {
    const { port, heard } = engine(['snapshot.json', '000001.page']);
    const run = new SnapshotRun(port);
    await run.start([file('snapshot.json', 2)]);
    expect(run.state()).toMatchObject({ at: 'missing', file: '000001.page' });
    expect(heard.at(-1)).toBe('end');
  });

  it('stops between two pieces when told, and at what the engine refuses', async () => {
    const { port, heard } = engine(['snapshot.json']);
    const run = new SnapshotRun(port);
    run.subscribe(() => {
      const state = run.state();
      if (state.at === 'running' && state.view !== null && !state.cancelling) run.cancel();
    });
    await run.start([file('snapshot.json', 3 * MEBIBYTE)]);
    expect(run.state()).toMatchObject({ at: 'cancelled' });
    expect(heard).toEqual(['begin', `snapshot.json ${MEBIBYTE}`, 'end']);

    const refusing = new SnapshotRun({ ...port, chunk: () => Promise.resolve(refuse('SNAPSHOT_REFUSED', { rule: 'OTHER_DEVICE' })) });
    await refusing.start([file('snapshot.json', 1)]);
    expect(refusing.state()).toMatchObject({ at: 'refused', fault: { code: 'SNAPSHOT_REFUSED', detail: { rule: 'OTHER_DEVICE' } } });
  });

  it('does not hide that the end could not be written down, nor that the stick was pulled out', async () => {
    const { port } = engine([]);
    const run = new SnapshotRun({ ...port, end: () => Promise.resolve(refuse('DISK_FULL')) });
    await run.start([]);
    expect(run.state()).toMatchObject({ at: 'refused', fault: { code: 'DISK_FULL' } });
    const pulled = new SnapshotRun(engine(['snapshot.json']).port);
    await pulled.start([{ ...file('snapshot.json', 4), slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }]);
    expect(pulled.state()).toMatchObject({ at: 'refused', fault: { code: 'FILE_UNREADABLE' } });
  });

  it('leaves nothing for the next person where the screen was locked meanwhile', async () => {
    const { port } = engine(['snapshot.json']);
    const run = new SnapshotRun({ ...port, chunk: () => Promise.resolve(refuse('LOCKED')), end: () => Promise.resolve(refuse('LOCKED')) });
    await run.start([file('snapshot.json', 1)]);
    expect(run.state()).toEqual({ at: 'idle' });
  });

  it('says why it could not even begin', async () => {
    const run = new SnapshotRun({ ...engine([]).port, begin: () => Promise.resolve(refuse('NOT_ENROLLED')) });
    await run.start([]);
    expect(run.state()).toMatchObject({ at: 'refused', fault: { code: 'NOT_ENROLLED' } });
  });
});
