import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, testClock } from '../../build/fixtures/test-world.ts';
import { CODE_MARGIN_MS, existingOrNewSecret, freshCode, readSecretFile, reserveSecretFile, STEP_MS, WAIT_MAX_STEPS, writeSecretFile } from './credentials.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const MIDNIGHT = Date.UTC(2026, 10, 23);
const STEP = MIDNIGHT / STEP_MS;
const codeOf = (step: number): string => generateSync({ secret: SECRET, epoch: (step * STEP_MS) / 1000 });

/** The code at `msIntoStep` of a step, and how long was waited for it. */
async function codeAfter(lastStep: number | null, msIntoStep: number, secret = SECRET) {
  const clock = testClock(MIDNIGHT + msIntoStep);
  const waits: number[] = [];
  const code = await freshCode(secret, clock, lastStep, async (ms) => {
    waits.push(ms);
    clock.advance(ms);
  });
  return { code, waits, clock };
}

describe('a fresh one-time code', () => {
  it('comes from the step before, this one and the next, so that three commands need not wait', async () => {
    expect(await codeAfter(null, 0)).toMatchObject({ code: { ok: true, value: codeOf(STEP - 1) }, waits: [] });
    expect(await codeAfter(STEP - 1, 0)).toMatchObject({ code: { ok: true, value: codeOf(STEP) }, waits: [] });
    expect(await codeAfter(STEP, 0)).toMatchObject({ code: { ok: true, value: codeOf(STEP + 1) }, waits: [] });
  });

  it('waits to the moment in which the next one counts, and no longer', async () => {
    expect(await codeAfter(STEP + 1, 12_345)).toMatchObject({ code: { ok: true, value: codeOf(STEP + 2) }, waits: [STEP_MS - 12_345] });
  });

  it('leaves the step before alone once it is about to run out', async () => {
    expect(await codeAfter(null, STEP_MS - CODE_MARGIN_MS)).toMatchObject({ code: { value: codeOf(STEP - 1) } });
    expect(await codeAfter(null, STEP_MS - CODE_MARGIN_MS + 1)).toMatchObject({ code: { value: codeOf(STEP) } });
  });

  it('never repeats a step, and each counts for long enough where the drift of one step is allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 12 }), async (pauses) => {
        const clock = testClock(MIDNIGHT);
        let last: number | null = null;
        for (const pause of pauses) {
          clock.advance(pause);
          const code = await freshCode(SECRET, clock, last, async (ms) => clock.advance(ms));
          const now = Math.floor(clock.now() / STEP_MS);
          const used = [now - 1, now, now + 1].find((step) => code.ok && codeOf(step) === code.value && (last === null || step > last));
          if (used === undefined) throw new Error('the code is of no step that counts');
          // Accepted as long as the clock is within one step of it.
          expect((used + 2) * STEP_MS - clock.now()).toBeGreaterThanOrEqual(CODE_MARGIN_MS);
          last = used;
        }
      }),
    );
  });

  it('does not wait for a step that a clock ahead of its time has used up', async () => {
    expect(await codeAfter(STEP + WAIT_MAX_STEPS, 0)).toMatchObject({ code: { ok: true }, waits: [WAIT_MAX_STEPS * STEP_MS] });
    expect(await codeAfter(STEP + 1000, 0)).toEqual(expect.objectContaining({ code: { ok: false, fault: { code: 'TRY_LATER', detail: { seconds: 30_000 } } }, waits: [] }));
  });

  it('reads a secret as people copy it', async () => {
    expect(await codeAfter(null, 0, 'jbsw y3dp ehpk 3pxp jbsw-y3dp-ehpk-3pxp===')).toMatchObject({ code: { value: codeOf(STEP - 1) } });
  });

  it.each(['', 'not base32!', 'JBSW', '0189'])('refuses what is no secret: "%s"', async (text) => {
    expect((await codeAfter(null, 0, text)).code).toEqual({ ok: false, fault: { code: 'CODE_REFUSED', detail: { rule: 'secret-not-base32' } } });
  });
});

describe('files of secrets', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const write = (name: string, text: string | Uint8Array): string => {
    writeFileSync(at(name), text);
    return at(name);
  };
  beforeAll(() => mkdirSync(at('folder')));
  afterAll(() => folder.remove());

  it.each([['correct horse', 'correct horse'], ['correct horse\n', 'correct horse'], ['correct horse\r\n', 'correct horse'], [' spaces count \nthe rest does not\n', ' spaces count '], ['', '']])('gives the first line of %j', (text, value) => {
    expect(readSecretFile(write('secret', text))).toEqual({ ok: true, value });
  });

  it('refuses what is not there, a folder, and a file too large for a secret', () => {
    expect(readSecretFile(at('nowhere'))).toMatchObject({ fault: { code: 'FILE_UNREADABLE', detail: { system: 'ENOENT' } } });
    expect(readSecretFile(at('folder'))).toMatchObject({ fault: { code: 'FILE_UNREADABLE', detail: { system: 'EISDIR' } } });
    expect(readSecretFile(write('large', 'x'.repeat(4097)))).toMatchObject({ fault: { code: 'FILE_UNREADABLE', detail: { system: 'EFBIG' } } });
    expect(readSecretFile(write('largest', 'x'.repeat(4096)))).toMatchObject({ ok: true });
  });

  it('makes a secret for its owner alone, once, and keeps one that is there', () => {
    const made = existingOrNewSecret(at('totp'));
    expect(made).toMatchObject({ ok: true, value: expect.stringMatching(/^[A-Z2-7]{32}$/) });
    expect(statSync(at('totp')).mode & 0o777).toBe(0o600);
    expect(existingOrNewSecret(at('totp'))).toEqual(made);
    expect(existingOrNewSecret(write('given', 'GIVEN\n'))).toEqual({ ok: true, value: 'GIVEN' });
  });

  it('makes no new secret where there is a file it cannot read', () => {
    const unreadable = process.getuid?.() === 0 ? at('folder') : write('locked', 'GIVEN\n');
    if (unreadable !== at('folder')) chmodSync(unreadable, 0);
    expect(existingOrNewSecret(unreadable)).toMatchObject({ ok: false, fault: { code: 'FILE_UNREADABLE' } });
  });

  it('never writes over a file', () => {
    write('there', 'before');
    expect(writeSecretFile(at('there'), 'after')).toMatchObject({ fault: { code: 'FILE_UNREADABLE', detail: { system: 'EEXIST' } } });
    expect(reserveSecretFile(at('there'))).toMatchObject({ fault: { code: 'FILE_UNREADABLE' } });
    expect(readFileSync(at('there'), 'utf8')).toBe('before');
  });

  it('keeps a place, and gives it back when nothing came of it', () => {
    const kept = reserveSecretFile(at('recovery'));
    const given = reserveSecretFile(at('unused'));
    if (!kept.ok || !given.ok) throw new Error('no place');
    expect(kept.value.write('CODE')).toMatchObject({ ok: true });
    given.value.discard();
    expect(readFileSync(at('recovery'), 'utf8')).toBe('CODE\n');
    expect(statSync(at('recovery')).mode & 0o777).toBe(0o600);
    expect(existsSync(at('unused'))).toBe(false);
  });
});
