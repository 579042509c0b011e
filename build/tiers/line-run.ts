import { join } from 'node:path';
import { z } from 'zod';
import { verifyLedger } from '../../main/audit/verify.ts';
import { compareProjection, projectionDigest } from '../../main/ledger/ledger.ts';
import { nodeNetwork, type Network } from '../../main/sync/sync.ts';
import { NEIGHBOUR_ALPN } from '../../shared/sync/limits.ts';
import { runCentral, serveCentral, type CentralProcess } from '../fixtures/central-process.ts';
import { openTestWorkstation } from '../fixtures/test-syncing.ts';
import { startLine, type LineProcess } from '../line/line-process.ts';
import { enrol, fillByLine, fillByNeighbour, stock, until, type LineStation } from './line-late.ts';
import type { LineScenario, LineWeather } from './line-plan.ts';
import { realDraftOf } from './real-drafts.ts';
import { tierFolder } from './tier-folder.ts';

/** One scenario of tier T3: shipped workstations and a shipped central over real TLS, each through a line of its own that is thin, slow, lossy and cut. */
export type LineReport = {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly stations: number;
  readonly entries: number;
  /** Between the last write and the moment when all have all. */
  readonly settledMs: number;
  /** On the lines, headers and retransmissions among them. */
  readonly wireBytes: number;
  readonly connections: number;
  readonly cuts: number;
};

/** As often as people's windows look; the engine ticks once a second. */
const TICK_MS = 200;
const SETTLE_MAX_MS = 180_000;
const SLICE_ENTRIES = 1000;
const EnrolCode = z.looseObject({ code: z.string() });
const Verdict = z.looseObject({ ok: z.boolean(), entries: z.int(), problems: z.array(z.unknown()) });

export async function runLineScenario(scenario: LineScenario): Promise<LineReport> {
  const folder = tierFolder();
  const home = join(folder.path, 'central');
  const problems: string[] = [];
  const stations: LineStation[] = [];
  let central: CentralProcess | null = null;
  const timers: NodeJS.Timeout[] = [];
  try {
    const serving = await serveCentral(home);
    central = serving;
    const code = async (): Promise<string> => EnrolCode.parse(JSON.parse((await runCentral(['enrol-code', '--home', home, '--address', `127.0.0.1:${serving.port}`, '--json'])).out)).code;
    const add = async (weather: LineWeather): Promise<LineStation> => {
      const line = await startLine({ target: { host: '127.0.0.1', port: serving.port }, up: weather.way, down: weather.way, cuts: null, cutEffect: weather.cutEffect, seed: scenario.seed * 8 + stations.length });
      const station = { workstation: openTestWorkstation({ network: through(line) }), line };
      stations.push(station);
      await enrol(station.workstation, await code());
      return station;
    };
    if (scenario.stocked) await stock(await code());
    for (const weather of scenario.lines) await add(weather);
    timers.push(setInterval(() => {
      for (const { workstation } of stations) workstation.syncing.tick();
    }, TICK_MS));
    await perform(scenario, stations, timers);
    if (scenario.late !== null) {
      const { from, weather } = scenario.late;
      const late = await add(weather);
      if (from === 'line') await fillByLine(late, weather);
      else problems.push(...(await fillByNeighbour(late, stations[0] ?? late, home)));
    }
    const lastWrite = performance.now();
    for (const { line } of stations) await line.mend();
    const settled = await until(() => isSettled(stations), SETTLE_MAX_MS);
    const settledMs = Math.round(performance.now() - lastWrite);
    if (!settled) problems.push(`not settled after ${SETTLE_MAX_MS / 1000} s: ${stations.map(({ workstation }) => `${workstation.entries()} entries, ${workstation.view().unsent} unsent, ${workstation.view().line}`).join('; ')}`);
    for (const timer of timers.splice(0)) clearInterval(timer);
    const entries = stations[0]?.workstation.entries() ?? 0;
    const counters = await Promise.all(stations.map(({ line }) => line.counters()));
    for (const { workstation } of stations) await workstation.syncing.close();
    problems.push(...judge(stations));
    const { out } = await runCentral(['verify', '--home', home, '--json']);
    const verdict = Verdict.parse(JSON.parse(out));
    if (!verdict.ok) problems.push(`central does not verify: ${JSON.stringify(verdict.problems)}`);
    if (verdict.entries !== entries) problems.push(`central holds ${verdict.entries} entries, the workstations ${entries}`);
    const sum = (pick: (counter: (typeof counters)[number]) => number): number => counters.reduce((total, each) => total + pick(each), 0);
    return { seed: scenario.seed, problems, stations: stations.length, entries, settledMs, wireBytes: sum(({ up, down }) => up.wireBytes + down.wireBytes), connections: sum(({ connections }) => connections), cuts: sum(({ cuts }) => cuts) };
  } finally {
    for (const timer of timers) clearInterval(timer);
    for (const { workstation, line } of stations) {
      await workstation.close();
      await line.close();
    }
    await central?.kill('SIGTERM');
    folder.remove();
  }
}

/** Whatever is dialled goes by this line, but for neighbours. */
function through(line: LineProcess): Network {
  const here = { host: '127.0.0.1', port: line.port };
  return { ...nodeNetwork, dial: (dial) => nodeNetwork.dial(dial.protocols.includes(NEIGHBOUR_ALPN) ? dial : { ...dial, ...here }), presented: (_host, _port, protocol, serverName) => nodeNetwork.presented(here.host, here.port, protocol, serverName) };
}

/** Writes and cuts at their times, until the last of them. */
function perform({ writes, lines }: LineScenario, stations: readonly LineStation[], timers: NodeJS.Timeout[]): Promise<void> {
  const at = (ms: number, work: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      timers.push(setTimeout(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }, ms));
    });
  const writing = writes.map(({ at: when, station, operation }) =>
    at(when, () => {
      const test = stations[station]?.workstation.test;
      if (test === undefined) return;
      test.clock.advance(1);
      const draft = realDraftOf(operation, test.ledger.read);
      if (draft === null) return;
      const written = test.ledger.append(test.grant, [draft]);
      if (!written.ok) throw new Error(written.fault.code);
    }),
  );
  const cutting = lines.flatMap(({ cuts }, index) => cuts.flatMap(({ from, to }) => [at(from, () => void stations[index]?.line.cut()), at(to, () => void stations[index]?.line.mend())]));
  return Promise.all([...writing, ...cutting]).then(() => undefined);
}

/** Everybody says that all is sent, and holds as much as everybody else. */
function isSettled(stations: readonly LineStation[]): boolean {
  const entries = new Set(stations.map(({ workstation }) => workstation.entries()));
  return entries.size === 1 && stations.every(({ workstation }) => workstation.view().allSent && !workstation.view().running);
}

function judge(stations: readonly LineStation[]): string[] {
  const problems: string[] = [];
  const digests = new Set<string>();
  for (const [index, { workstation }] of stations.entries()) {
    const { read } = workstation.test.ledger;
    digests.add(projectionDigest(read));
    for (const { table, where } of last(compareProjection(read, SLICE_ENTRIES))) problems.push(`workstation ${index}: ${table} ${where} is not what its entries make`);
    for (const problem of last(verifyLedger(read, null)).problems) problems.push(`workstation ${index}: ${JSON.stringify(problem)}`);
    const { refused } = workstation.view();
    if (refused.length > 0) problems.push(`workstation ${index} was refused: ${JSON.stringify(refused)}`);
  }
  if (digests.size > 1) problems.push('the charts differ');
  return problems;
}

function last<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
