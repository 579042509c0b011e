import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubClock } from '../world.ts';
import { OrganizationId } from '../../shared/sync/envelope.ts';
import { createAuthority } from './certificates.ts';
import type { KeyAdapter, KeyFault, OrganizationKeys } from './key-adapter.ts';
import { createKeyWrapper } from './key-wrapper.ts';

/**
 * The organisation's keys in a file: whoever has it can read and speak for the organisation. It lies in central's home,
 * readable by its owner alone.
 */
const KEY_FILE = 'organization.json';
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OTHERS = 0o077;
const ID_BYTES = 8;
const KEY_BYTES = 32;

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const KeyFile = z.strictObject({
  version: z.literal(1),
  id: OrganizationId,
  name: z.string().min(1).max(200),
  database: hex32,
  sealing: hex32,
  signing: hex32,
  authority: z.strictObject({ privateKey: z.string(), certificate: z.string() }),
});

type KeyWorld = { readonly clock: HubClock; readonly random: Random };

export function keyFile(home: string, world: KeyWorld): KeyAdapter {
  const path = join(home, KEY_FILE);
  return {
    present: async () => existsSync(path),
    load: async () => load(path, world),
    create: (organization) => create(home, organization, world),
  };
}

function load(path: string, { random }: KeyWorld): Result<OrganizationKeys, KeyFault> {
  if (!existsSync(path)) return refuse('NO_ORGANIZATION');
  if (process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0) return refuse('KEYS_EXPOSED');
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return refuse('KEYS_UNREADABLE');
  }
  const parsed = KeyFile.safeParse(content);
  if (!parsed.success) return refuse('KEYS_UNREADABLE');
  const { id, name, authority, database, sealing, signing } = parsed.data;
  return ok({ id, name, authority, database: fromHex(database), sealing: fromHex(sealing), signing: fromHex(signing), wrapper: createKeyWrapper(fromHex(database), random) });
}

async function create(home: string, name: string, { clock, random }: KeyWorld): Promise<OrganizationKeys> {
  const id = OrganizationId.parse(toHex(random.bytes(ID_BYTES)));
  const [database, sealing, signing] = [random.bytes(KEY_BYTES), random.bytes(KEY_BYTES), random.bytes(KEY_BYTES)];
  const authority = await createAuthority(name, clock, random);
  mkdirSync(home, { recursive: true, mode: FOLDER_MODE });
  writeDurably(home, KEY_FILE, JSON.stringify({ version: 1, id, name, database: toHex(database), sealing: toHex(sealing), signing: toHex(signing), authority }, null, 1));
  return { id, name, database, sealing, signing, authority, wrapper: createKeyWrapper(database, random) };
}

function writeDurably(folder: string, file: string, text: string): void {
  const temporary = join(folder, `${file}.new`);
  const handle = openSync(temporary, 'w', FILE_MODE);
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(temporary, join(folder, file));
  if (process.platform === 'win32') return;
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}
