import { createHmac, hkdfSync, type KeyObject } from 'node:crypto';
import { concatBytes, fromUtf8, toHex, utf8 } from '../../shared/base/bytes.ts';
import type { Random } from '../../shared/base/world.ts';
import { CellUnreadable, type Cells } from './cells.ts';
import { derivedKey, EXTENDED_NONCE_BYTES, halvesOf, openExtended, sealExtended } from './extended-gcm.ts';
import { bytesOf } from './row.ts';

/**
 * Cells of a database that is not encrypted itself. Each is `01 | number of its key (2 bytes) | nonce (24) | ciphertext
 * and tag`, XAES-256-GCM with its place as additional data. A process draws the first half of its nonces at random and
 * counts the second, so that a key is derived once for many cells.
 */
const FORM = 1;
const HEAD_BYTES = 3;
const HALF_BYTES = EXTENDED_NONCE_BYTES / 2;
const CELLS_PER_HALF = 2 ** 32;
const DERIVED_KEPT = 1000;
const BLIND_INFO = 'outpost-central blind index 1';
const BLIND_BYTES = 16;

export type DataKey = { /** 1 to 65,535. */ readonly id: number; readonly key: Uint8Array };

/** `keys` by age; new cells get the last one. Equality columns stay with the first one for ever. */
export function sealedCells(keys: readonly DataKey[], random: Random): Cells {
  const [eldest, newest] = [keys[0], keys.at(-1)];
  if (eldest === undefined || newest === undefined) throw new Error('broken assumption: sealed cells have a key');
  const blindKey = new Uint8Array(hkdfSync('sha256', eldest.key, new Uint8Array(0), BLIND_INFO, 32));
  const derived = new Map<string, KeyObject>();
  const head = Uint8Array.of(FORM, newest.id >> 8, newest.id & 0xff);
  const draw = () => {
    const half = random.bytes(HALF_BYTES);
    return { prefix: concatBytes(head, half), derived: derivedKey(newest.key, half), count: 0 };
  };
  let sealing = draw();

  const derivedFor = ({ id, key }: DataKey, first: Uint8Array): KeyObject => {
    const name = `${id} ${toHex(first)}`;
    const known = derived.get(name) ?? derivedKey(key, first);
    if (derived.size >= DERIVED_KEPT) derived.clear();
    derived.set(name, known);
    return known;
  };

  const seal = (place: string, plaintext: Uint8Array): Uint8Array => {
    if (sealing.count === CELLS_PER_HALF) sealing = draw();
    const second = new Uint8Array(HALF_BYTES);
    new DataView(second.buffer).setUint32(HALF_BYTES - 4, sealing.count);
    sealing.count += 1;
    return concatBytes(sealing.prefix, second, sealExtended(sealing.derived, second, utf8(place), plaintext));
  };

  const open = (place: string, cell: Uint8Array): Uint8Array => {
    const key = cell[0] === FORM ? keys.find(({ id }) => id === ((cell[1] ?? 0) << 8 | (cell[2] ?? 0))) : undefined;
    if (key === undefined || cell.length < HEAD_BYTES + EXTENDED_NONCE_BYTES) throw new CellUnreadable();
    const { first, second } = halvesOf(cell.subarray(HEAD_BYTES, HEAD_BYTES + EXTENDED_NONCE_BYTES));
    const opened = openExtended(derivedFor(key, first), second, utf8(place), cell.subarray(HEAD_BYTES + EXTENDED_NONCE_BYTES));
    if (opened === null) throw new CellUnreadable();
    return opened;
  };

  return {
    text: (place, text) => seal(place, utf8(text)),
    bytes: (place, bytes) => (bytes === null ? null : seal(place, bytes)),
    readText: (place, row, column) => fromUtf8(open(place, bytesOf(row, column))),
    readBytes: (place, row, column) => open(place, bytesOf(row, column)),
    blind: (place, text) => createHmac('sha256', blindKey).update(utf8(`${place}\0${text}`)).digest('hex').slice(0, 2 * BLIND_BYTES),
  };
}
