import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { HubClock } from '../world.ts';
import { OrganizationId } from '../../shared/sync/envelope.ts';
import { createAuthority, type IssuerKeys } from './certificates.ts';

/**
 * The organisation's keys: whoever has this file can read and speak for the organisation. It lies beside the database,
 * readable by its owner alone, and never inside it. Another home for the keys (PKCS #11, a key service) replaces
 * `loadKeys` and keeps `OrganizationKeys`.
 */
export type OrganizationKeys = {
  readonly id: OrganizationId;
  readonly name: string;
  /** SQLCipher raw key. */
  readonly database: Uint8Array;
  /** X25519 private key that batches are opened with. */
  readonly sealing: Uint8Array;
  /** Ed25519 seed that receipts and pages are signed with. */
  readonly signing: Uint8Array;
  readonly authority: IssuerKeys;
};

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

export type KeyFault = 'NO_ORGANIZATION' | 'KEYS_EXPOSED' | 'KEYS_UNREADABLE';

export function hasKeys(home: string): boolean {
  return existsSync(join(home, KEY_FILE));
}

/** KEYS_EXPOSED: the file may be read by others than its owner. KEYS_UNREADABLE: it is not a key file. */
export function loadKeys(home: string): Result<OrganizationKeys, KeyFault> {
  const path = join(home, KEY_FILE);
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
  return ok({ id, name, authority, database: fromHex(database), sealing: fromHex(sealing), signing: fromHex(signing) });
}

/** Makes a new organisation: its authority, its keys, and the folder that holds them. */
export async function createKeys(home: string, name: string, clock: HubClock, random: Random): Promise<OrganizationKeys> {
  const id = OrganizationId.parse(toHex(random.bytes(ID_BYTES)));
  const keys: OrganizationKeys = {
    id, name, database: random.bytes(KEY_BYTES), sealing: random.bytes(KEY_BYTES), signing: random.bytes(KEY_BYTES),
    authority: await createAuthority(name, clock, random),
  };
  mkdirSync(home, { recursive: true, mode: FOLDER_MODE });
  const text = JSON.stringify({ version: 1, id, name, database: toHex(keys.database), sealing: toHex(keys.sealing), signing: toHex(keys.signing), authority: keys.authority }, null, 1);
  writeDurably(home, KEY_FILE, text);
  return keys;
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
