import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runCentral, serveCentral, type CentralProcess } from '../fixtures/central-process.ts';
import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts';
import type { DeviceId, RecordId } from '../../shared/base/ids.ts';

/** Several central processes, as an organisation runs them, on one PostgreSQL; any of it may be killed. */
export type CentralCluster = {
  readonly size: number;
  /** Where the n-th listens, whether it runs or not. */
  port(index: number): number;
  running(index: number): boolean;
  kill(index: number): Promise<void>;
  start(index: number): Promise<void>;
  /** Pulls the database's plug and puts it in again. */
  strikeDatabase(): Promise<void>;
  enrolmentCode(index: number): Promise<string>;
  /** Writes the records for one workstation into a new folder; where `killAfterMs` is given, somebody pulls the plug meanwhile. */
  snapshot(device: DeviceId, folder: string, killAfterMs: number | null): Promise<void>;
  /** Of whom a workstation holds records; null: of everybody. */
  scope(device: DeviceId, patients: readonly RecordId[] | null): Promise<void>;
  verify(): Promise<{ readonly ok: boolean; readonly entries: number; readonly problems: readonly unknown[] }>;
  close(): Promise<void>;
};

const Code = z.looseObject({ code: z.string() });
const Answer = z.looseObject({ ok: z.literal(true) });
const Verdict = z.looseObject({ ok: z.boolean(), entries: z.int(), problems: z.array(z.unknown()) });

export async function startCluster(folder: string, size: number): Promise<CentralCluster> {
  const database: TestPostgres = await startTestPostgres({ durable: true });
  const urlFile = join(folder, 'database-url');
  writeFileSync(urlFile, `${await database.database()}\n`, { mode: 0o600 });
  const environment = { DATABASE_URL_FILE: urlFile };
  const homes = Array.from({ length: size }, (_, index) => join(folder, `central-${index}`));
  const [first = ''] = homes;
  const processes: (CentralProcess | null)[] = homes.map(() => null);
  const ports: number[] = homes.map(() => 0);

  const start = async (index: number): Promise<void> => {
    const home = homes[index] ?? first;
    if (index > 0 && !existsSync(home)) {
      mkdirSync(home, { mode: 0o700 });
      copyFileSync(join(first, 'organization.json'), join(home, 'organization.json'));
    }
    const started = await serveCentral(home, environment, ports[index] ?? 0);
    processes[index] = started;
    ports[index] = started.port;
  };
  for (let index = 0; index < size; index += 1) await start(index);

  const ask = async <Shape extends z.ZodType>(shape: Shape, ...args: readonly string[]): Promise<z.infer<Shape>> => {
    const { out, err } = await runCentral([...args, '--home', first, '--json'], environment);
    if (out === '') throw new Error(`central's console: ${err}`);
    return shape.parse(JSON.parse(out)) as never;
  };

  return {
    size, start,
    port: (index) => ports[index] ?? 0,
    running: (index) => processes[index] !== null,
    async kill(index) {
      const running = processes[index] ?? null;
      processes[index] = null;
      await running?.kill('SIGKILL');
    },
    async strikeDatabase() {
      await database.kill();
      await database.start();
    },
    enrolmentCode: async (index) => (await ask(Code, 'enrol-code', '--address', `127.0.0.1:${ports[index] ?? 0}`)).code,
    async snapshot(device, folder, killAfterMs) {
      const { code, err } = await runCentral(['snapshot', device, '--home', first, '--out', folder, '--json'], environment, (kill) => {
        if (killAfterMs !== null) setTimeout(kill, killAfterMs);
      });
      if (code !== 0 && killAfterMs === null) throw new Error(`no snapshot: ${err}`);
    },
    async scope(device, patients) {
      await ask(Answer, 'device-scope', device, ...(patients === null ? ['--everything'] : patients.flatMap((patient) => ['--patient', patient])));
    },
    verify: () => ask(Verdict, 'verify'),
    async close() {
      for (const running of processes) await running?.kill('SIGTERM');
      await database.close();
    },
  };
}
