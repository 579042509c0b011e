import { z } from 'zod';
import { EntryId } from '../../shared/base/ids.ts';

/** What is asked of a workstation in a process of its own, and what it answers. */

export const Person = z.strictObject({ login: z.string(), name: z.string(), role: z.enum(['physician', 'nurse', 'registrar', 'administrator', 'auditor']), secret: z.string() });

export const ClinicRequest = z.discriminatedUnion('do', [
  /** A vault, its administrator and a nurse, and a place with central; then the nurse is signed in. */
  z.strictObject({ do: z.literal('set-up'), code: z.string() }),
  z.strictObject({ do: z.literal('sign-in'), person: Person }),
  /** Where the line to central leads; null: nowhere. */
  z.strictObject({ do: z.literal('line'), port: z.int().nullable() }),
  /** Something is charted, chosen by the number. */
  z.strictObject({ do: z.literal('chart'), pick: z.int() }),
  z.strictObject({ do: z.literal('state') }),
  z.strictObject({ do: z.literal('judge'), acknowledged: z.array(EntryId) }),
]);
export type ClinicRequest = z.infer<typeof ClinicRequest>;

/** `ahead`: how far its clock has been moved on, milliseconds; a code of an authenticator counts once. */
export const ClinicReply = z.strictObject({ ahead: z.number(), value: z.unknown(), error: z.string().nullable() });

export const Nothing = z.null();
export const SetUp = z.strictObject({ person: Person });
export const Charted = z.strictObject({ entries: z.array(EntryId) });
export const State = z.strictObject({ unsent: z.int(), entries: z.int() });
export type State = z.infer<typeof State>;
export const Judged = z.strictObject({ digest: z.string(), problems: z.array(z.string()) });
export type Judged = z.infer<typeof Judged>;
