import { refuse, type Fault } from '../../shared/base/result.ts';

export type Value = Readonly<Record<string, unknown>>;

/** What a command came to: a document for --json, lines for people. */
export type Outcome =
  | { readonly ok: true; readonly value: Value; readonly lines: readonly string[] }
  /** `beside` is what there is to say in spite of the fault, such as the report of each file. */
  | { readonly ok: false; readonly fault: Fault<string>; readonly beside: Value; readonly lines: readonly string[] };

export function done(value: Value, lines: readonly string[]): Outcome {
  return { ok: true, value, lines };
}

export function refused(fault: Fault<string>, beside: Value = {}, lines: readonly string[] = []): Outcome {
  return { ok: false, fault, beside, lines };
}

/** What was typed makes no sense. */
export function usage(problem: string): Outcome {
  return refused(refuse('USAGE', { problem }).fault);
}

export const EXIT = { done: 0, refused: 1, usage: 2 } as const;

export function exitCodeOf(outcome: Outcome): number {
  if (outcome.ok) return EXIT.done;
  return outcome.fault.code === 'USAGE' ? EXIT.usage : EXIT.refused;
}

export type Printed = { readonly stdout: string; readonly stderr: string };

/** One document on standard output with --json. Without it, words there and the fault on standard error. */
export function printed(outcome: Outcome, json: boolean): Printed {
  const problem = outcome.ok ? '' : faultText(outcome.fault);
  const usageText = outcome.ok || outcome.fault.code !== 'USAGE' ? '' : problem;
  if (json) return { stdout: `${JSON.stringify(documentOf(outcome))}\n`, stderr: usageText };
  return { stdout: outcome.lines.map((line) => `${line}\n`).join(''), stderr: problem };
}

/** `ok` and `fault` come first and say how the command ended, whatever a value may call so itself. */
function documentOf(outcome: Outcome): Value {
  const ended = outcome.ok ? { ok: true } : { ok: false, fault: outcome.fault };
  return { ...ended, ...(outcome.ok ? outcome.value : outcome.beside), ...ended };
}

function faultText({ code, detail = {} }: Fault<string>): string {
  if (code === 'USAGE') return `outpost: ${String(detail['problem'])}\nSee: outpost --help\n`;
  const circumstances = Object.entries(detail).map(([name, value]) => ` ${name}=${String(value)}`);
  return `outpost: ${code}${circumstances.join('')}\n`;
}
