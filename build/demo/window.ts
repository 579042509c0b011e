import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { generateSync } from 'otplib';
import type { Page } from 'playwright-core';
import type { CallInput, CallName, CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import { openHost, type Host } from '../host/host.ts';
import { Unmet } from './journal.ts';

/** A workstation's window in a headless browser, worked by keyboard where a person would, by its own API elsewhere. */
export const PASSWORD = 'gravel-lantern-orchid-72';
const CHUNK_BYTES = 512 * 1024;
const STEP_SECONDS = 30;
const EARLY_SECONDS = 10;

export type Person = { readonly login: string; readonly name: string; readonly secret: string; lastStep: number };

export type Window = {
  readonly page: Page;
  readonly host: Host;
  call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallResult<Name>>;
  done<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>>;
  importFiles(files: readonly string[]): Promise<JobView>;
  shot(name: string): Promise<void>;
};

export async function openWindow(options: { readonly home: string; readonly chromium: string; readonly app: string; readonly pageScript: string; readonly shots: string }): Promise<Window> {
  const host = await openHost({ ...options, headless: true, viewport: { width: 1366, height: 768 } });
  const { page } = host;
  await page.getByRole('heading').first().waitFor();
  const call = async <Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallResult<Name>> => {
    const [concern = '', verb = ''] = name.split('.');
    return page.evaluate(([of, what, value]) => (globalThis as unknown as { outpost: Record<string, Record<string, (input: unknown) => unknown>> }).outpost[of as string]?.[what as string]?.(value), [concern, verb, input] as const) as Promise<CallResult<Name>>;
  };
  const done = async <Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> => {
    const result = await call(name, input);
    if (!result.ok) throw new Unmet(`${name}: ${result.fault.code} ${JSON.stringify(result.fault.detail ?? {})}`);
    return result.value;
  };
  return {
    page,
    host,
    call,
    done,
    importFiles: (files) => importFiles(page, done, files),
    shot: async (name) => void (await page.screenshot({ path: `${options.shots}/${name}.png` })),
  };
}

/** Streams files through the window as its import screen does: named first, then chunk by chunk. */
async function importFiles(page: Page, done: Window['done'], files: readonly string[]): Promise<JobView> {
  const { statSync } = await import('node:fs');
  const { job } = await done('import.begin', { files: files.map((file) => ({ name: basename(file), bytes: statSync(file).size })) });
  for (const [index, file] of files.entries()) {
    const handle = openSync(file, 'r');
    try {
      for (;;) {
        const chunk = Buffer.alloc(CHUNK_BYTES);
        const read = readSync(handle, chunk);
        const last = read < CHUNK_BYTES;
        await sendChunk(page, job, index, chunk.subarray(0, read), last);
        if (last) break;
      }
    } finally {
      closeSync(handle);
    }
  }
  for (;;) {
    const view = await done('job.view', { job });
    if (view.state !== 'running') return view;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function sendChunk(page: Page, job: string, file: number, bytes: Buffer, last: boolean): Promise<void> {
  const sent = await page.evaluate(
    async ([of, index, text, end]) => {
      const outpost = (globalThis as unknown as { outpost: { import: { chunk(input: unknown): Promise<{ ok: boolean; fault?: { code: string } }> } } }).outpost;
      const binary = atob(text as string);
      const chunk = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
      return outpost.import.chunk({ job: of, file: index, bytes: chunk, last: end });
    },
    [job, file, bytes.toString('base64'), last] as const,
  );
  if (!sent.ok) throw new Unmet(`import.chunk: ${sent.fault?.code ?? ''}`);
}

/** A one-time code that has not been used yet; waits for the next one where it must. */
export async function freshCode(person: Person): Promise<string> {
  for (;;) {
    const seconds = Date.now() / 1000;
    const now = Math.floor(seconds / STEP_SECONDS);
    // The code of the step before must still be taken when a busy engine comes to look at it.
    const early = seconds % STEP_SECONDS < EARLY_SECONDS;
    const step = [...(early ? [now - 1] : []), now, now + 1].find((each) => each > person.lastStep);
    if (step !== undefined) {
      person.lastStep = step;
      return generateSync({ secret: person.secret, epoch: step * STEP_SECONDS });
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

export async function signIn(window: Window, person: Person): Promise<void> {
  await window.done('session.signIn', { login: person.login, password: PASSWORD, code: await freshCode(person) });
}

export async function addStaff(window: Window, login: string, name: string, role: 'physician' | 'nurse' | 'registrar'): Promise<Person> {
  const { secretBase32 } = await window.done('setup.prepareCode', { login });
  const person: Person = { login, name, secret: secretBase32, lastStep: 0 };
  await window.done('staff.add', { login, name, role, password: PASSWORD, totpSecretBase32: secretBase32, code: await freshCode(person) });
  return person;
}
