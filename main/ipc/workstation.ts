import type { EntryId, UserId } from '../../shared/base/ids.ts';
import { assertHolds, ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import type { Purpose, Role } from '../../shared/access/vocabulary.ts';
import { DEFAULT_BUNDLE } from '../../shared/access/default-policies.ts';
import type { EngineEventName, EngineEvents } from '../../shared/ipc/contract.ts';
import type { SessionState } from '../../shared/ipc/row.ts';
import { SettingsBody } from '../../shared/ledger/bodies.ts';
import { createAccess, type Access, type Caller, type Circumstances } from '../access/access.ts';
import { openAudit, type AnchorPlace, type Audit, type Cosignature } from '../audit/audit.ts';
import type { Auth, Session, SignedIn } from '../auth/auth.ts';
import { openLedger, type Ledger } from '../ledger/ledger.ts';
import { migrate } from '../migrations/migrations.ts';
import { accountsOf, createOrders, isBarred, type Closed, type Orders } from '../orders/orders.ts';
import { createSearchCache, type SearchCache } from '../records/records.ts';
import { openStore, type Store, type StoreFault } from '../store/store.ts';
import { authorityOf, lastClockOffset, lastContactAt } from '../sync/sync.ts';
import type { Vault, VaultKeys } from '../vault/vault.ts';

/** What the engine is given of its machine. */
export type WorkstationWorld = {
  readonly vault: Vault;
  readonly auth: Auth;
  readonly clock: Clock;
  readonly random: Random;
  /** Path of the encrypted database file. */
  readonly databasePath: string;
  readonly anchorPlace: AnchorPlace;
  /** Addresses of the local network interfaces, as they are now. */
  readonly addresses: () => readonly string[];
  readonly application: string;
  /** Epoch milliseconds. */
  readonly buildDate: number;
};

export type Staff = { readonly userId: UserId; readonly name: string; readonly role: Role };

/** The vault while somebody is signed in. */
export type Opened = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly orders: Orders;
  readonly keys: VaultKeys;
  readonly staff: Staff;
  readonly session: EntryId;
  readonly search: SearchCache;
};

export type OpenFault = StoreFault | 'VAULT_FROM_FUTURE' | 'ACCOUNT_DISABLED' | 'DEVICE_REVOKED' | 'LOCKED';
export type Settings = { readonly clinic: string; readonly site: { readonly name: string; readonly address: string; readonly latitude: number | null; readonly longitude: number | null }; readonly deviceName: string };

/** The open vault, who is at it and in which state; one per engine. */
export interface Workstation {
  readonly world: WorkstationWorld;
  readonly access: Access;
  state(): SessionState;
  held(): string | null;
  opened(): Opened | null;
  /** The open vault where the contract's states have made sure of one. */
  required(): Opened;
  caller(): Caller | null;
  circumstances(): Circumstances;
  /** Opens the vault for whoever has just signed in. `first` is the administrator of a vault just made. */
  open(signedIn: SignedIn, first?: { readonly staff: Staff; readonly settings: Settings }): Promise<Result<Opened, OpenFault>>;
  /** Called after a vault opened and before it closes. */
  onOpen(listener: (opened: Opened) => void): void;
  onClose(listener: (opened: Opened) => void | Promise<void>): void;
  emit<Name extends EngineEventName>(name: Name, data: EngineEvents[Name]): void;
  onEvent(listener: (name: EngineEventName, data: unknown) => void): () => void;
}

const PURPOSES: Readonly<Record<Role, Purpose>> = { physician: 'TREAT', nurse: 'TREAT', registrar: 'TREAT', administrator: 'HOPERAT', auditor: 'HOPERAT' };

export function createWorkstation(world: WorkstationWorld): Workstation {
  const { vault, auth, clock } = world;
  let opened: Opened | null = null;
  const openListeners: ((opened: Opened) => void)[] = [];
  const closeListeners: ((opened: Opened) => void | Promise<void>)[] = [];
  const eventListeners = new Set<(name: EngineEventName, data: unknown) => void>();
  const access = createAccess(() => opened?.orders.bundle() ?? DEFAULT_BUNDLE, () => opened?.ledger.trustedNow() ?? clock.now(), () => opened?.ledger.read ?? null);
  const held = (): string | null => opened?.audit.integrity ?? null;

  const workstation: Workstation = {
    world,
    access,
    held,
    opened: () => opened,
    required() {
      assertHolds(opened !== null, 'the contract lets this call through only while the vault is open');
      return opened;
    },
    state() {
      if (opened !== null && auth.session() !== null) return openState(opened.orders, held());
      return vault.state() === 'absent' ? 'setup' : 'locked';
    },
    caller: () => callerOf(auth.session(), opened, clock),
    circumstances: () => ({
      state: workstation.state(),
      held: held() !== null,
      clockSuspect: opened?.ledger.clockState() === 'suspect',
      purpose: opened === null ? 'SYSADMIN' : PURPOSES[opened.staff.role],
    }),
    async open(signedIn, first) {
      const made = openFiles(world, access, signedIn, () => workstation.emit('status.changed', {}), first);
      if (!made.ok) {
        await auth.lock('stopping');
        return made;
      }
      opened = made.value;
      // Locked, or somebody else signed in, while these write: what was opened here is closed already.
      await deliverRefusals(auth, access, made.value);
      if (opened !== made.value) return refuse('LOCKED');
      await made.value.orders.settle();
      if (opened !== made.value) return refuse('LOCKED');
      opened.ledger.onCommit(({ patients }) => {
        if (patients.length > 0) workstation.emit('records.changed', { patients });
        workstation.emit('status.changed', {});
      });
      for (const listener of openListeners) listener(made.value);
      workstation.emit('status.changed', {});
      return made;
    },
    onOpen: (listener) => void openListeners.push(listener),
    onClose: (listener) => void closeListeners.push(listener),
    emit(name, data) {
      for (const listener of eventListeners) listener(name, data);
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => void eventListeners.delete(listener);
    },
  };

  auth.onLock(async (_session, reason) => {
    const closing = opened;
    if (closing === null) return;
    for (const listener of closeListeners) await listener(closing);
    opened = null;
    closeFiles(access, closing, reason);
    workstation.emit('status.changed', {});
  });
  return workstation;
}

function callerOf(session: Session | null, opened: Opened | null, clock: Clock): Caller | null {
  if (session === null || opened === null) return null;
  const codeAt = session.levelUntil === null ? session.startedAt : session.levelUntil - STEP_UP_MS;
  return { userId: session.userId, role: opened.staff.role, level: session.level, codeAgeS: Math.max(0, (clock.now() - codeAt) / 1000), entry: opened.session };
}

/** How long a step-up lasts, as main/auth has it. */
const STEP_UP_MS = 5 * 60_000;

/** What is to be erased, or was revoked, is closed even to reading; any other trouble leaves an integrity hold what it is. */
const GRAVE: ReadonlySet<Closed> = new Set(['erasing', 'revoked']);

function openState(orders: Orders, held: string | null): SessionState {
  const closed = orders.closed();
  if (closed !== null && (held === null || GRAVE.has(closed))) return 'closed';
  if (held !== null) return 'held';
  return orders.lapsed() ? 'lapsed' : 'unlocked';
}

function openFiles(world: WorkstationWorld, access: Access, signedIn: SignedIn, onChange: () => void, first?: { readonly staff: Staff; readonly settings: Settings }): Result<Opened, OpenFault> {
  const { keys } = signedIn;
  const store = keys.database.use((key) => openStore({ path: world.databasePath, key }));
  if (!store.ok) return store;
  const migrated = migrate(store.value);
  if (!migrated.ok) {
    store.value.close();
    return migrated;
  }
  const result = openLedgerIn(world, access, signedIn, store.value, onChange, first);
  if (!result.ok) store.value.close();
  return result;
}

function openLedgerIn(world: WorkstationWorld, access: Access, { keys, userId, login, level }: SignedIn, store: Store, onChange: () => void, first?: { readonly staff: Staff; readonly settings: Settings }): Result<Opened, OpenFault> {
  const { clock, random } = world;
  const staff = first?.staff ?? readStaff(store, userId);
  const settings = first?.settings ?? readSettings(store);
  if (staff === undefined || settings === undefined) return refuse('ACCOUNT_DISABLED', { rule: isBarred(store.read, userId) ? 'suspended' : 'no-staff-record' });
  const device = { id: keys.deviceId, name: settings.deviceName, signingKey: keys.signing.publicKey };
  const ledger = openLedger({ store, clock, random, device, application: world.application, buildDate: world.buildDate, systemGrant: access.system('segment', null), serverOffsetMs: () => lastClockOffset(store.read) });
  if (!ledger.ok) return ledger;
  let session: EntryId | null = null;
  const orders = createOrders({
    ledger: ledger.value, vault: world.vault, keys, clock, user: userId, role: staff.role, onChange,
    authority: () => authorityOf(store.read), systemGrant: () => access.system('order', session),
  });
  // An administrator may enrol it again; nobody else has anything to do here.
  if (orders.closed() === 'revoked' && staff.role !== 'administrator') return refuse('DEVICE_REVOKED');
  const { site } = settings;
  const located = { ...site, source: site.latitude === null || site.longitude === null ? 'none' : 'enrolled-site' };
  const written = ledger.value.append(access.system('session', null), [
    {
      kind: 'session.open',
      body: { user: userId, login, name: staff.name, role: staff.role, level, device: device.id, deviceName: device.name, addresses: world.addresses(), clinic: settings.clinic, site: located, purpose: PURPOSES[staff.role] },
    },
  ]);
  if (!written.ok) return written;
  const entry = written.value[0]?.entry;
  assertHolds(entry !== undefined, 'one draft makes one entry');
  session = entry;
  if (first !== undefined) {
    const founded = ledger.value.append(access.system('setup', entry), [
      { kind: 'settings.changed', body: { ...settings, site: located } },
      { kind: 'staff.changed', body: { user: userId, login, name: staff.name, role: staff.role, active: true, change: 'created' } },
    ]);
    if (!founded.ok) return founded;
  }
  const audit = keys.subkey('anchor').use((anchorKey) =>
    openAudit({ ledger: ledger.value, signer: keys.signing, vault: keys.vaultId, device: device.id, clock, anchorKey: Uint8Array.from(anchorKey), anchorPlace: world.anchorPlace, cosignature: () => cosignatureOf(store, orders), contactAt: () => lastContactAt(store.read) }),
  );
  return ok({ store, ledger: ledger.value, audit, orders, keys, staff, session: entry, search: searchOver(ledger.value) });
}

/** Whose signatures on this workstation's history count, and what central signed of it last. */
function cosignatureOf(store: Store, orders: Orders): Cosignature | null {
  const authority = authorityOf(store.read);
  return authority === null ? null : { organization: authority.organization, publicKey: authority.publicKey, statement: orders.standing().cosigned };
}

/**
 * Whoever the organisation keeps out does not sign in; but where it keeps out everybody, each of them may still open the
 * door to central, or no pardon could ever arrive. The workstation is then closed to all else.
 */
function readStaff(store: Store, user: UserId): Staff | undefined {
  const accounts = accountsOf(store.read);
  const account = accounts.find((each) => each.user === user);
  const nobodyElse = !accounts.some(({ active }) => active) && isBarred(store.read, user);
  return account !== undefined && (account.active || nobodyElse) ? { userId: user, name: account.name, role: account.role } : undefined;
}

export function readSettings(store: Store): Settings | undefined {
  const value = store.read.get("SELECT value FROM setting WHERE key = 'site'")?.['value'];
  if (typeof value !== 'string') return undefined;
  const { clinic, site, deviceName } = SettingsBody.parse(JSON.parse(value));
  return { clinic, deviceName, site: { name: site.name, address: site.address, latitude: site.latitude, longitude: site.longitude } };
}

/** The names in memory are read again once somebody's may have changed. */
function searchOver(ledger: Ledger): SearchCache {
  let generation = 0;
  ledger.onCommit(({ names }) => {
    if (names) generation += 1;
  });
  return createSearchCache(() => generation);
}

/** What happened at the locked door goes into the trail as soon as the trail can be written. */
async function deliverRefusals(auth: Auth, access: Access, { ledger, session }: Opened): Promise<void> {
  await auth.deliverEvents(async ({ events }) => {
    const drafts = events.map((event) => ({ kind: 'session.refused' as const, body: { login: event.userId ?? '', code: event.kind, at: event.at } }));
    if (drafts.length === 0) return;
    const written = ledger.append(access.system('door', session), drafts);
    if (!written.ok) throw new Error(`the trail could not be written: ${written.fault.code}`);
  });
}

function closeFiles(access: Access, { ledger, audit, orders, store, session, search }: Opened, reason: string): void {
  search.forget();
  try {
    orders.close();
    ledger.append(access.system('session', session), [{ kind: 'session.close', body: { reason } }]);
    // Nobody's: it would open the session once more in a lane that nobody may have written to.
    audit.checkpoint(access.system('lock', null));
    store.checkpoint();
  } finally {
    store.close();
  }
}

