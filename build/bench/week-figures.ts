import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import { openSyncingVault } from './own-sync.ts';
import { alone, compared, type Figure, type Findings, type NotRun } from './figure.ts';
import { writeFhirWeek, type FhirWeek } from './fhir-week.ts';
import { median } from './measure.ts';
import { pouchBytes, pouchOverWeakLine, type PouchRun } from './pouch-line.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';
import { crossed, LINE_BYTES_PER_S, severalAtOnce, WEATHER_WORDS, WEATHERS, withWeakLine, type Difference, type Weather } from './weak-line.ts';
import { withWeek, type Weeks, type WeekTemplate } from './week-template.ts';

/** A week of charting sent to central over the weak line, and what PouchDB makes of the same records. */

const RUN_MAX_MS = 10 * 60_000;
const MS_PER_SECOND = 1000;
const KB = 1000;
const WEEK_MOST_KB = 300;
const FHIR_ZSTD_LEAST = 4;
/** Wall time over the time the bytes take at the line's rate, and seconds for the whole week. */
const TARGETS: Readonly<Record<Weather, { readonly overhead: number; readonly seconds: number } | null>> = { clean: null, lossy: { overhead: 1.2, seconds: 25 }, cuts: { overhead: 1.3, seconds: 27 } };
/** One frame, and a fresh connection's handshake is not re-sent but new. */
const DROP_MOST_BYTES = 4096;
const WASTE_MOST = 0.03;

/** `unsent`: what central did not have in time. */
type OwnRun = Difference & { readonly weather: Weather; readonly seconds: number; readonly unsent: number };
type Runs = { readonly own: readonly OwnRun[]; readonly pouch: readonly PouchRun[]; readonly connectionBytes: readonly number[] };

export async function weekFigures(folder: string, weeks: Weeks, { sync }: Sizes, hasPouch: boolean, say: Say): Promise<Findings> {
  say('sync: charting a week');
  const template = await weeks.unsent();
  const fhir = await asFhir(template, join(folder, 'fhir'));
  say(`sync: a week of ${template.entries.toLocaleString('en')} entries over the weak line, ${sync.weekRuns} times in each weather`);
  const rounds = Array.from({ length: sync.weekRuns }, (_, round) => round);
  const sent = await weeks.sent();
  const own = rounds.flatMap((round) => WEATHERS.map((weather) => () => weekOverWeakLine(join(folder, `own-${weather}-${round}`), template, weather, round)));
  const connections = rounds.map((round) => () => connectOnly(join(folder, `connect-${round}`), sent, round));
  const pouch = hasPouch ? WEATHERS.map((weather) => () => pouchOverWeakLine(join(folder, `pouch-${weather}`), fhir.folder, weather, sync.pouchDocuments)) : [];
  const [ownRuns, pouchRuns, connectionBytes] = await Promise.all([severalAtOnce(own), severalAtOnce(pouch), severalAtOnce(connections)]);
  say('sync: the same week to PouchDB on a clear line');
  const bytes = hasPouch ? await pouchBytes(join(folder, 'pouch-week'), fhir.folder) : null;
  return figuresOf(template, fhir, { own: ownRuns, pouch: pouchRuns, connectionBytes }, bytes);
}

async function asFhir(template: WeekTemplate, folder: string): Promise<FhirWeek> {
  const workstation = openSyncingVault(join(template.folder, 'vault'), { identity: template.identity });
  try {
    return await writeFhirWeek(workstation.vault, template.since, folder);
  } finally {
    await workstation.close();
  }
}

/** Seconds from the first byte of the connection until central has acknowledged the last entry. */
function weekOverWeakLine(folder: string, template: WeekTemplate, weather: Weather, seed: number): Promise<OwnRun> {
  return withWeek(folder, template, (workstation, { port }) =>
    withWeakLine(port, weather, seed, async (line) => {
      await workstation.through(line.port);
      const start = performance.now();
      await workstation.until(({ unsent }) => unsent === 0, RUN_MAX_MS);
      const seconds = (performance.now() - start) / MS_PER_SECOND;
      return { weather, seconds, unsent: workstation.view().unsent, ...crossed(null, await line.counters()) };
    }),
  );
}

/** What a connection costs the device that finds nothing to send: bytes up until central's answer. */
function connectOnly(folder: string, template: WeekTemplate, seed: number): Promise<number> {
  return withWeek(folder, template, (workstation, { port }) =>
    withWeakLine(port, 'clean', seed, async (line) => {
      await workstation.through(line.port);
      assertHolds(await workstation.until(({ line: state }) => state === 'online', RUN_MAX_MS), 'central answers over the weak line');
      return (await line.counters()).up.taken;
    }),
  );
}

function figuresOf(week: WeekTemplate, fhir: FhirWeek, { own, pouch, connectionBytes }: Runs, pouchWeekBytes: number | null): Findings {
  const notRun: NotRun[] = own.filter(({ unsent }) => unsent > 0).map(({ weather, seconds, unsent }) => ({ what: `clinic week, ${WEATHER_WORDS[weather]}`, because: `not through after ${Math.round(seconds)} s, ${unsent.toLocaleString('en')} entries left` }));
  const of = (weather: Weather): readonly OwnRun[] => own.filter((run) => run.weather === weather && run.unsent === 0);
  const clean = of('clean');
  const sentKb = clean.map(({ up }) => up / KB);
  const extent = `${week.entries.toLocaleString('en')} entries of ${week.visits} visits`;
  const figures: Figure[] = [
    alone({ id: 'sync.week.bytes', what: `clinic week, ${extent}: sent, TLS included` }, sentKb, 'kB', { most: WEEK_MOST_KB }),
    alone({ id: 'sync.week.wire', what: '  both ways, with TCP and IP' }, clean.map(({ wireUp, wireDown }) => (wireUp + wireDown) / KB), 'kB'),
    compared({ id: 'sync.week.fhir', what: '  sent, beside the same as FHIR JSON packed by zstd-9 (>= 4 times)' }, 'kB', { ours: sentKb, beside: [fhir.zstdBytes / KB], besideWhat: `${fhir.documents.toLocaleString('en')} documents, not sealed`, }, { most: fhir.zstdBytes / KB / FHIR_ZSTD_LEAST }),
  ];
  if (pouchWeekBytes !== null) figures.push(compared({ id: 'sync.week.pouch.bytes', what: '  both ways, beside PouchDB' }, 'kB', { ours: clean.map(({ up, down }) => (up + down) / KB), beside: [pouchWeekBytes / KB], besideWhat: 'PouchDB over plain HTTP, clear line' }));
  for (const weather of WEATHERS) {
    const runs = of(weather);
    if (runs.length === 0) continue;
    const target = TARGETS[weather];
    const named = { id: `sync.week.${weather}`, what: `clinic week over 128 kbit/s, 600 ms, ${WEATHER_WORDS[weather]}` };
    const seconds = runs.map((run) => run.seconds);
    const wanted = target === null ? null : { most: target.seconds };
    const peer = pouch.find((run) => run.weather === weather);
    figures.push(
      peer === undefined || peer.documents === 0
        ? alone(named, seconds, 's', wanted)
        : compared(named, 's', { ours: seconds, beside: [(peer.seconds / peer.documents) * fhir.documents], besideWhat: `PouchDB, scaled up from ${peer.documents} documents${peer.finished ? '' : ' and then no more'}` }, wanted),
      alone({ id: `sync.week.${weather}.overhead`, what: '  over what its bytes take at the line\'s rate' }, runs.map((run) => run.seconds / (run.up / LINE_BYTES_PER_S)), 'share', target === null ? null : { most: target.overhead }),
    );
    if (peer !== undefined && !peer.finished) notRun.push({ what: `PouchDB, ${WEATHER_WORDS[weather]}`, because: `stopped after ${Math.round(peer.seconds)} s with ${peer.documents} of ${peer.wanted} documents at the server` });
  }
  if (of('cuts').length === 0) return { figures, notRun };
  const connection = median(connectionBytes);
  const smooth = median(clean.map(({ up }) => up));
  const perDrop = of('cuts').map((run) => (run.up - smooth) / run.cuts);
  figures.push(
    alone({ id: 'sync.drop.waste', what: 'sent beyond what a smooth line takes, over a line that is cut' }, of('cuts').map(({ up }) => (up - smooth) / smooth), 'share', { most: WASTE_MOST }),
    alone({ id: 'sync.drop.all', what: 'a cut line costs, bytes sent in all' }, perDrop, 'bytes'),
    alone({ id: 'sync.drop.resent', what: `  of them sent again (without ${Math.round(connection).toLocaleString('en')} for the new connection)` }, perDrop.map((bytes) => bytes - connection), 'bytes', { most: DROP_MOST_BYTES }),
  );
  return { figures, notRun };
}
