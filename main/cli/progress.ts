import type { JobView } from '../../shared/ipc/rows-system.ts';

const BAR_CELLS = 30;

/** `[######------------------------]  20 %`; null while the whole is not known. */
export function progressBar({ done, total }: Pick<JobView, 'done' | 'total'>): string | null {
  if (total === null || total <= 0) return null;
  const share = Math.min(1, Math.max(0, done / total));
  const cells = Math.floor(share * BAR_CELLS);
  return `[${'#'.repeat(cells)}${'-'.repeat(BAR_CELLS - cells)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** Draws a job's progress over itself on a terminal; silent where the output is none. */
export function progressLine(output: { readonly isTTY?: boolean; write(text: string): unknown }): (view: JobView) => void {
  let drawn = '';
  return (view) => {
    const bar = output.isTTY === true ? progressBar(view) : null;
    if (bar === null) return;
    if (bar !== drawn) output.write(`\r${bar}`);
    drawn = bar;
    if (view.state !== 'running') output.write('\n');
  };
}
