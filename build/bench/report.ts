import type { Figure, Findings, Quantity, Unit } from './figure.ts';
import type { Facts } from './machine.ts';
import type { Spread } from './measure.ts';

/** The figures as a table for people. */

const HEADINGS = ['what', 'n', 'ours', 'beside it', '', 'ratio', 'by processor time', 'target'] as const;
/** Columns of numbers. */
const RIGHT: ReadonlySet<number> = new Set([1, 2, 3, 5, 6]);
const DIGITS: Readonly<Record<Unit, (value: number) => number>> = {
  'rows/s': () => 0,
  'documents/s': () => 0,
  'entries/s': () => 0,
  'batches/s': (value) => (value < 100 ? 1 : 0),
  'worlds/min': () => 0,
  worlds: () => 0,
  s: (value) => (value < 10 ? 2 : 1),
  ms: (value) => (value < 10 ? 2 : 1),
  MiB: (value) => (value < 10 ? 1 : 0),
  MB: (value) => (value < 10 ? 2 : 1),
  kB: (value) => (value < 10 ? 2 : 1),
  bytes: (value) => (value < 100 ? 1 : 0),
  share: (value) => (value < 0.1 ? 4 : 2),
  patients: () => 0,
};

export function factLines({ machine, versions }: Facts): readonly string[] {
  const pairs = (facts: Readonly<Record<string, string>>): string => Object.entries(facts).map(([name, value]) => `${name} ${value}`).join('; ');
  return [`machine: ${pairs(machine)}`, `versions: ${pairs(versions)}`];
}

export function tableLines({ figures, notRun }: Findings): readonly string[] {
  const cells = [[...HEADINGS], ...figures.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const lines = cells.map((row) => row.map((cell, column) => (RIGHT.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd());
  return [lines[0] ?? '', rule, ...lines.slice(1), ...notRun.map(({ what, because }) => `NOT RUN  ${what}: ${because}`)];
}

/** In the order of the headings. */
export function cellsOf({ what, ours, beside, ratio, cpuRatio, target, samples }: Figure): readonly string[] {
  return [
    what,
    String(samples),
    quantity(ours),
    beside === null ? '' : quantity(beside),
    beside === null ? '' : beside.what,
    range(ratio, samples),
    range(cpuRatio, samples),
    target === null ? '' : `${target.text}: ${target.met ? 'met' : 'NOT MET'}`,
  ];
}

function range(ratio: Spread | null, samples: number): string {
  if (ratio === null) return '';
  return samples === 1 || ratio.least === ratio.most ? share(ratio.median) : `${share(ratio.median)} (${share(ratio.least)}-${share(ratio.most)})`;
}

function quantity({ value, least, most, p95, unit }: Quantity): string {
  const digits = (each: number): string => each.toLocaleString('en', { minimumFractionDigits: DIGITS[unit](each), maximumFractionDigits: DIGITS[unit](each) });
  const text = p95 === undefined ? digits(value) : `${digits(value)} / ${digits(p95)}`;
  return least === undefined || most === undefined ? `${text} ${unit}` : `${text} (${digits(least)}-${digits(most)}) ${unit}`;
}

/** Two digits that say something. */
function share(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(0) : ratio >= 1 ? ratio.toFixed(1) : ratio >= 0.1 ? ratio.toFixed(2) : ratio.toFixed(3);
}
