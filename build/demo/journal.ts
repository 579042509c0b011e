/** Steps with their time and what they counted; the verdict is computed from them, never assumed. */
export type Step = { readonly name: string; readonly ok: boolean; readonly milliseconds: number; readonly counts: Readonly<Record<string, string | number | boolean>>; readonly problem: string | null };

export type Journal = {
  readonly steps: readonly Step[];
  /** Runs a step; `expect` within it throws what failed. A failed step does not stop the others that can still run. */
  step<Value>(name: string, work: () => Promise<{ readonly value: Value; readonly counts: Step['counts'] }>): Promise<Value>;
};

export class Unmet extends Error {}

/** States what must hold; what does not ends the step with these words. */
export function expect(condition: boolean, words: string): void {
  if (!condition) throw new Unmet(words);
}

export function createJournal(say: (line: string) => void): Journal {
  const steps: Step[] = [];
  return {
    steps,
    async step(name, work) {
      const began = performance.now();
      const finish = (ok: boolean, counts: Step['counts'], problem: string | null): void => {
        const step = { name, ok, milliseconds: Math.round(performance.now() - began), counts, problem };
        steps.push(step);
        say(lineOf(step));
      };
      try {
        const { value, counts } = await work();
        finish(true, counts, null);
        return value;
      } catch (error) {
        finish(false, {}, error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : 'unknown');
        throw error;
      }
    },
  };
}

const NAME_COLUMNS = 58;

function lineOf({ name, ok, milliseconds, counts, problem }: Step): string {
  const facts = Object.entries(counts).map(([key, value]) => `${key} ${typeof value === 'number' ? value.toLocaleString('en-US') : value}`).join(', ');
  return `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(NAME_COLUMNS)} ${`${milliseconds.toLocaleString('en-US')} ms`.padStart(11)}  ${problem ?? facts}`;
}
