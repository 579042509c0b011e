import { createInterface } from 'node:readline';
import { Writable, type Readable } from 'node:stream';
import { ok, refuse, type Result } from '../../shared/base/result.ts';

/** Questions to whoever sits at the terminal, or to the lines of a pipe where there is none. */
export interface Prompt {
  /** Writes the question and reads a line; a secret is not shown while it is typed. CANCELLED: Ctrl-C, or nothing more to read. */
  ask(question: string, kind: 'shown' | 'secret'): Promise<Result<string, 'CANCELLED'>>;
  /** Writes a line for whoever is watching. */
  tell(text: string): void;
  /** Stops reading, so that the process can end. */
  close(): void;
}

type Input = Readable & { readonly isTTY?: boolean };

export function createPrompt(input: Input, output: Writable): Prompt {
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  /** One reader for a whole pipe: what it has read ahead is the answer to the next question. */
  let pipe: AsyncIterator<string> | null = null;

  const fromTerminal = (kind: 'shown' | 'secret'): Promise<Result<string, 'CANCELLED'>> =>
    new Promise((resolve) => {
      const lines = createInterface({ input, output: kind === 'secret' ? muted : output, terminal: true });
      lines.once('line', (line) => {
        resolve(ok(line));
        lines.close();
      });
      // Ctrl-C and Ctrl-D close the reader; after an answer this changes nothing any more.
      lines.once('close', () => resolve(refuse('CANCELLED')));
    });

  const fromPipe = async (): Promise<Result<string, 'CANCELLED'>> => {
    pipe ??= createInterface({ input, terminal: false })[Symbol.asyncIterator]();
    const next = await pipe.next();
    return next.done === true ? refuse('CANCELLED', { rule: 'nothing-to-read' }) : ok(next.value);
  };

  return {
    async ask(question, kind) {
      output.write(question);
      if (input.isTTY !== true) return fromPipe();
      const answer = await fromTerminal(kind);
      if (kind === 'secret') output.write('\n');
      return answer;
    },
    tell: (text) => void output.write(`${text}\n`),
    close: () => void input.pause(),
  };
}
