import type { Obligation } from '../../shared/access/obligations.ts';
import type { CallName, CallParsed, CallResult } from '../../shared/ipc/contract.ts';
import type { Grant } from '../ledger/ledger.ts';
import type { Workstation } from './workstation.ts';

/** What a handler is given: the parsed input and the permission it acts under. */
export type Call<Name extends CallName> = {
  readonly input: CallParsed<Name>;
  readonly grant: Grant;
  readonly obligations: readonly Obligation[];
  readonly workstation: Workstation;
};

export type Handler<Name extends CallName> = (call: Call<Name>) => CallResult<Name> | Promise<CallResult<Name>>;

/** One handler for every row of the contract; a missing one does not compile. */
export type Handlers = { readonly [Name in CallName]: Handler<Name> };
