import { useCallback, useEffect, useState } from 'react';
import type { CallInput, CallResult } from '../../shared/ipc/contract.ts';

/** The answer of a verification; null while it runs. */
export type Verified = CallResult<'audit.verify'> | null;

/** Runs the verification once `ready`, and again on demand. */
export function useVerdict(ready: boolean, run: (input: CallInput<'audit.verify'>) => Promise<CallResult<'audit.verify'>>): readonly [Verified, () => void] {
  const [verified, setVerified] = useState<Verified>(null);
  const take = useCallback((result: CallResult<'audit.verify'>): void => {
    // BUSY: one is under way already, and its answer counts.
    if (result.ok || result.fault.code !== 'BUSY') setVerified(result);
  }, []);
  useEffect(() => {
    if (ready) void run({}).then(take);
  }, [ready, run, take]);
  const again = useCallback(() => {
    setVerified(null);
    void run({}).then(take);
  }, [run, take]);
  return [verified, again];
}
