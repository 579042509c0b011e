import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { databaseUrl } from './database-url.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const LOCAL = 'postgres://central:secret@localhost:5432/outpost';

describe('where the database is', () => {
  it.each([
    [{}, null],
    [{ DATABASE_URL: '' }, null],
    [{ DATABASE_URL: LOCAL }, LOCAL],
    [{ DATABASE_URL: 'postgresql://central@127.0.0.1/outpost' }, 'postgresql://central@127.0.0.1/outpost'],
    [{ DATABASE_URL: 'postgres://central@[::1]/outpost' }, 'postgres://central@[::1]/outpost'],
    [{ DATABASE_URL: 'postgres://central@localhost/outpost?host=%2Frun%2Fpostgresql' }, 'postgres://central@localhost/outpost?host=%2Frun%2Fpostgresql'],
    [{ DATABASE_URL: 'postgres://central:secret@db.example/outpost?sslmode=verify-full' }, 'postgres://central:secret@db.example/outpost?sslmode=verify-full'],
  ])('CEN-6 %j is taken', (environment, url) => {
    expect(databaseUrl(environment)).toEqual({ ok: true, value: url });
  });

  it.each([
    [{ DATABASE_URL: 'postgres://central:secret@db.example/outpost' }],
    [{ DATABASE_URL: 'postgres://central:secret@db.example/outpost?sslmode=require' }],
    [{ DATABASE_URL: 'postgres://central:secret@db.example/outpost?sslmode=no-verify' }],
    [{ DATABASE_URL: 'postgres://central:secret@localhost/outpost?host=db.example' }],
    [{ DATABASE_URL: 'postgres:///outpost', PGHOST: 'db.example' }],
    [{ DATABASE_URL: 'postgres://central:secret@127.0.0.1.example/outpost' }],
    [{ DATABASE_URL: 'postgres://central:secret@localhost' }],
    [{ DATABASE_URL: 'mysql://central:secret@localhost/outpost' }],
    [{ DATABASE_URL: 'secret' }],
    [{ DATABASE_URL: LOCAL, DATABASE_URL_FILE: join(folder.path, 'good') }],
    [{ DATABASE_URL_FILE: join(folder.path, 'absent') }],
  ])('CEN-6 %j is refused, and nothing of it is quoted', (environment) => {
    writeFileSync(join(folder.path, 'good'), `${LOCAL}\n`, { mode: 0o600 });
    const refused = databaseUrl(environment);
    expect(refused).toMatchObject({ ok: false, fault: { code: 'DATABASE_URL_UNUSABLE', detail: { rule: expect.any(String) } } });
    expect(JSON.stringify(refused)).not.toMatch(/secret|example/);
  });

  it('CEN-6 a file of its own is read where nobody else can read it', () => {
    const path = join(folder.path, 'url');
    writeFileSync(path, `${LOCAL}\n`, { mode: 0o600 });
    expect(databaseUrl({ DATABASE_URL_FILE: path })).toEqual({ ok: true, value: LOCAL });
    chmodSync(path, 0o640);
    expect(databaseUrl({ DATABASE_URL_FILE: path })).toMatchObject({ ok: false, fault: { code: 'DATABASE_URL_UNUSABLE' } });
  });
});
