import { z } from 'zod';
import { DeviceId, EntryId, RecordId } from '../../shared/base/ids.ts';

/** What is asked of a workstation in a process of its own, and what it answers. */

export const Person = z.strictObject({ login: z.string(), name: z.string(), role: z.enum(['physician', 'nurse', 'registrar', 'administrator', 'auditor']), secret: z.string() });

/** Where a workstation answers its neighbours. */
export const Place = z.strictObject({ device: DeviceId, host: z.string(), port: z.int() });
export type Place = z.infer<typeof Place>;

export const ClinicRequest = z.discriminatedUnion('do', [
  /** A vault, its administrator and a nurse, a place with central and one among its neighbours; then the nurse is signed in. */
  z.strictObject({ do: z.literal('set-up'), code: z.string(), neighbours: z.array(Place) }),
  z.strictObject({ do: z.literal('sign-in'), person: Person }),
  /** Where the line to central leads; null: nowhere. */
  z.strictObject({ do: z.literal('line'), port: z.int().nullable() }),
  /** Something is charted, chosen by the number. */
  z.strictObject({ do: z.literal('chart'), pick: z.int() }),
  /** Many entries at once. */
  z.strictObject({ do: z.literal('stock'), entries: z.int() }),
  /** An administrator puts in a stick with a snapshot; the nurse goes on behind it. */
  z.strictObject({ do: z.literal('provision'), administrator: Person, person: Person, folder: z.string() }),
  z.strictObject({ do: z.literal('holds'), entries: z.array(EntryId) }),
  z.strictObject({ do: z.literal('state') }),
  z.strictObject({ do: z.literal('judge'), acknowledged: z.array(EntryId) }),
]);
export type ClinicRequest = z.infer<typeof ClinicRequest>;

/** `ahead`: how far its clock has been moved on, milliseconds; a code of an authenticator counts once. */
export const ClinicReply = z.strictObject({ ahead: z.number(), value: z.unknown(), error: z.string().nullable() });

export const Nothing = z.null();
export const SetUp = z.strictObject({ person: Person, administrator: Person, place: Place });
/** Whether it is whole now; null where it was refused. */
export const Provisioned = z.boolean().nullable();
export const Holds = z.boolean();
export const Charted = z.strictObject({ entries: z.array(EntryId) });
export const State = z.strictObject({
  unsent: z.int(), entries: z.int(), patients: z.array(RecordId),
  /** A seed is being read. */
  loading: z.boolean(),
  /** Neighbours it talks to now, whoever called. */
  neighbours: z.int(),
});
export type State = z.infer<typeof State>;
export const Judged = z.strictObject({ digest: z.string(), problems: z.array(z.string()) });
export type Judged = z.infer<typeof Judged>;
