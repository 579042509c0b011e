import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createPrompt } from './prompt.ts';

function terminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  const shown: string[] = [];
  output.on('data', (chunk: Buffer) => shown.push(chunk.toString()));
  return { input, prompt: createPrompt(input, output), shown: () => shown.join('') };
}

describe('questions', () => {
  it('reads the answers of a pipe line by line, however they arrive', async () => {
    const { input, prompt } = terminal(false);
    input.end('ada\npass word\n123456\n');
    expect(await prompt.ask('Login: ', 'shown')).toEqual({ ok: true, value: 'ada' });
    expect(await prompt.ask('Password: ', 'secret')).toEqual({ ok: true, value: 'pass word' });
    expect(await prompt.ask('Code: ', 'shown')).toEqual({ ok: true, value: '123456' });
    expect(await prompt.ask('More: ', 'shown')).toEqual({ ok: false, fault: { code: 'CANCELLED', detail: { rule: 'nothing-to-read' } } });
  });

  it('shows what is typed at a terminal, but not a secret', async () => {
    const { input, prompt, shown } = terminal(true);
    const login = prompt.ask('Login: ', 'shown');
    input.write('ada\r');
    expect(await login).toEqual({ ok: true, value: 'ada' });
    const password = prompt.ask('Password: ', 'secret');
    input.write('hunter2\r');
    expect(await password).toEqual({ ok: true, value: 'hunter2' });
    expect(shown()).toContain('ada');
    expect(shown()).not.toContain('hunter2');
  });

  it.each([['Ctrl-C', '\u0003'], ['Ctrl-D', '\u0004']])('takes %s for no answer, not for an empty one', async (_key, typed) => {
    const { input, prompt } = terminal(true);
    const password = prompt.ask('Password: ', 'secret');
    input.write(typed);
    expect(await password).toEqual({ ok: false, fault: { code: 'CANCELLED' } });
  });
});
