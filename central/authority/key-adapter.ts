import type { Result } from '../../shared/base/result.ts';
import type { OrganizationId } from '../../shared/sync/envelope.ts';
import type { IssuerKeys } from './certificates.ts';

/**
 * Where an organisation's keys live. A file does it today (key-file.ts). A PKCS #11 token or a cloud's key service is
 * another adapter: it keeps one key that never leaves it, and beside the server a file in which that key has wrapped
 * these. Wherever they live, they are never in the database, and in the process they are in memory alone.
 */
export type KeyAdapter = {
  /** Whether there is an organisation here already. */
  present(): Promise<boolean>;
  load(): Promise<Result<OrganizationKeys, KeyFault>>;
  /** Makes a new organisation: its authority and its keys. */
  create(organization: string): Promise<OrganizationKeys>;
};

/** KEYS_EXPOSED: others than their owner may read them. KEYS_UNREADABLE: what is there are no keys. */
export type KeyFault = 'NO_ORGANIZATION' | 'KEYS_EXPOSED' | 'KEYS_UNREADABLE';

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
  /** For keys that lie in a database: PostgreSQL's entries are sealed with one. */
  readonly wrapper: KeyWrapper;
};

/** Wraps a key so that it may lie beside what it protects. `purpose` is bound to it. */
export type KeyWrapper = {
  wrap(purpose: string, key: Uint8Array): Promise<Uint8Array>;
  /** Null for what this wrapper did not wrap for this purpose. */
  unwrap(purpose: string, wrapped: Uint8Array): Promise<Uint8Array | null>;
};
