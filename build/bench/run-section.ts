import { z } from 'zod';
import { UNITS } from './figure.ts';
import { cellsOf } from './report.ts';

/** One run of the benchmark, as `--json` wrote it, as a section of docs/benchmarks.md. */

const Spread = z.object({ median: z.number(), least: z.number(), most: z.number() });
const Quantity = z.object({ value: z.number(), least: z.number().exactOptional(), most: z.number().exactOptional(), p95: z.number().exactOptional(), unit: z.enum(UNITS) });
const Figure = z.object({
  id: z.string(), what: z.string(), ours: Quantity, beside: Quantity.extend({ what: z.string() }).nullable(),
  ratio: Spread.nullable(), cpuRatio: Spread.nullable(), samples: z.int(), target: z.object({ text: z.string(), met: z.boolean() }).nullable(),
});
export const Run = z.object({
  takenAt: z.iso.datetime(),
  sizes: z.object({ name: z.string() }),
  machine: z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.string()),
  figures: z.array(Figure),
  notRun: z.array(z.object({ what: z.string(), because: z.string() })),
});
export type Run = z.infer<typeof Run>;
type Figure = z.infer<typeof Figure>;

/** By the beginning of a figure's id. What belongs to none of them stands under the last. */
const PARTS: readonly (readonly [title: string, ids: readonly string[]])[] = [
  ['The vault', ['import', 'insert', 'driver', 'commit', 'chart', 'search', 'memory']],
  ['The weak line: 128 kbit/s, 600 ms there and back', ['sync.week', 'sync.drop', 'sync.entry', 'sync.urgent', 'sync.idle', 'sync.nothing-new', 'sync.late']],
  ['What comes is applied', ['sync.apply', 'sync.seal', 'sync.merge', 'sync.snapshot', 'replication']],
  ['Central', ['sync.central']],
  ['Everything else', ['']],
];

const BEGIN = '<!-- written by build/bench/write-section.ts: begin -->';
const END = '<!-- written by build/bench/write-section.ts: end -->';

/** The page with this run in the place of the one before; null where it has no such place. */
export function pageWith(page: string, run: Run): string | null {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  return begin < 0 || end < begin ? null : `${page.slice(0, begin + BEGIN.length)}\n${sectionOf(run)}\n${page.slice(end)}`;
}

function sectionOf(run: Run): string {
  const facts = (named: Readonly<Record<string, string>>): string => Object.entries(named).map(([name, value]) => `${name} ${value}`).join('; ');
  const left = [...run.figures];
  const parts = PARTS.flatMap(([title, ids]) => {
    const taken = left.filter(({ id }) => ids.some((beginning) => id.startsWith(beginning)));
    for (const each of taken) left.splice(left.indexOf(each), 1);
    return taken.length === 0 ? [] : [`### ${title}`, '', ...tableOf(taken), ''];
  });
  const judged = run.figures.flatMap(({ target }) => target ?? []);
  return [
    '',
    `Size ${run.sizes.name}, ${run.takenAt.slice(0, 10)}. ${judged.filter(({ met }) => met).length} of ${judged.length} targets met.`,
    '',
    `- Machine: ${facts(run.machine)}`,
    `- Versions: ${facts(run.versions)}`,
    '',
    ...parts,
    ...(run.notRun.length === 0 ? [] : ['Not run:', '', ...run.notRun.map(({ what, because }) => `- ${what}: ${firstLine(because)}`), '']),
  ].join('\n');
}

function tableOf(figures: readonly Figure[]): readonly string[] {
  const rows = figures.map((figure) => {
    const [what = '', , ours = '', beside = '', besideWhat = '', ratio = '', cpu = '', target = ''] = cellsOf(figure);
    return `| ${[what, ours, beside === '' ? '' : `${beside}, ${besideWhat}`, ratio, cpu, target].map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| figure | ours | beside | ratio | by processor time | target |', '|---|---|---|---|---|---|', ...rows];
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
