import { FAULT_CODES } from '../../shared/ipc/faults.ts';
import { faultSentence } from './faults.ts';

/** The sentences for a fault that comes as a plain code, as in a report; a code that we do not know is shown as it is. */
export function codeSentence(code: string): string {
  const known = FAULT_CODES.find((each) => each === code);
  return known === undefined ? code : faultSentence({ code: known });
}
