import { join } from 'node:path';
import { applyFigures } from './apply-figures.ts';
import { centralIngestFigures } from './central-ingest.ts';
import { entryByteFigures } from './entry-byte-figures.ts';
import { idleFigures } from './idle-figures.ts';
import { lateFigures } from './late-figures.ts';
import { mergeFigures } from './merge-figures.ts';
import { nothingNewFigures } from './nothing-new-figures.ts';
import type { Say, Section } from './section.ts';
import { snapshotFigures } from './snapshot-figures.ts';
import type { Sizes } from './sizes.ts';
import { simulatorFigures } from './simulator-figures.ts';
import { urgentFigures } from './urgent-figures.ts';
import { weekFigures } from './week-figures.ts';
import { weeksIn } from './week-template.ts';

/** The parts of the benchmark that are about sync, by the targets it was given. */
export function syncSections(folder: string, sizes: Sizes, say: Say): readonly Section[] {
  const place = (name: string): string => join(folder, name);
  const weeks = weeksIn(place('weeks'));
  return [
    { name: 'sync.week', peer: true, measure: (pouch) => weekFigures(place('week'), weeks, sizes, pouch !== null, say) },
    { name: 'sync.entry', peer: false, measure: () => entryByteFigures(place('entry'), say) },
    { name: 'sync.urgent', peer: true, measure: (pouch) => urgentFigures(place('urgent'), weeks, sizes, pouch !== null, say) },
    { name: 'sync.idle', peer: true, measure: (pouch) => idleFigures(place('idle'), pouch !== null, say) },
    { name: 'sync.nothing-new', peer: true, measure: (pouch) => nothingNewFigures(place('nothing-new'), sizes, pouch !== null, say) },
    { name: 'sync.late', peer: false, measure: () => lateFigures(place('late'), say) },
    { name: 'sync.apply', peer: false, measure: () => applyFigures(place('apply'), weeks, sizes, say) },
    { name: 'sync.snapshot', peer: false, measure: () => snapshotFigures(place('snapshot'), sizes, say) },
    { name: 'sync.merge', peer: false, measure: () => mergeFigures(place('merge'), sizes, say) },
    { name: 'sync.central', peer: false, measure: () => centralIngestFigures(place('central'), sizes, say) },
    { name: 'sync.simulator', peer: false, measure: () => simulatorFigures(place('simulator'), sizes, say) },
  ];
}
