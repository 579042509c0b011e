import type { Fault } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';

/** What a person reads when the engine refuses: what happened, and what to do now. */
export type FaultWords = { readonly what: string; readonly todo: string };

const WORDS: { readonly [Code in FaultCode]: FaultWords } = {
  UNKNOWN_CALL: { what: 'This window and the program behind it are of different versions.', todo: 'Close Outpost and open it again.' },
  MALFORMED: { what: 'Something in this form could not be read.', todo: 'Check the marked fields. Your typing is kept.' },
  TOO_LARGE: { what: 'This is more than can be saved at once.', todo: 'Make it shorter, or save it in two parts.' },
  FOREIGN_SENDER: { what: 'The request did not come from this window and was refused.', todo: 'Tell your administrator.' },
  WRONG_STATE: { what: 'This cannot be done at the moment.', todo: 'Go back to the first screen and try again.' },
  LOCKED: { what: 'The screen is locked.', todo: 'Sign in to go on. What you typed in a note is kept.' },
  DENIED: { what: 'Your role does not allow this here.', todo: 'Ask your administrator, or a colleague who may.' },
  STEP_UP_REQUIRED: { what: 'This needs a fresh code from your authenticator.', todo: 'Type the six digits to go on.' },
  BUSY: { what: 'Still working on the last request.', todo: 'Wait a moment, then try again.' },
  INTERNAL: { what: 'Outpost met an error of its own.', todo: 'Try again. If it returns, close Outpost, open it again and tell your administrator.' },
  LEASE_OVER: { what: 'This workstation has had no word from its organisation for too long, so it can only be read.', todo: 'Connect it to the network: it opens again by itself as soon as central answers. In an emergency use emergency access.' },
  DEVICE_REVOKED: { what: 'The organisation has closed this workstation.', todo: 'Tell your administrator. Only an administrator can sign in, to join it again with a new one-time code.' },
  HELD: { what: 'Writing is on hold because the records do not match their trail.', todo: 'You can read. Tell your administrator now.' },

  CREDENTIALS_REFUSED: { what: 'Name, password and code do not match.', todo: 'Check all three. A code can be used once: wait for the next one.' },
  TRY_LATER: { what: 'Too many attempts.', todo: 'Wait before you try again.' },
  ACCOUNT_DISABLED: { what: 'This account is closed on this workstation: by an administrator, by your organisation, or after ten wrong attempts.', todo: 'Ask your administrator to open it again.' },
  KEYSTORE_UNAVAILABLE: { what: 'The key store of this computer does not answer.', todo: 'Restart the computer. If that does not help, use the recovery code.' },
  KEYSTORE_CHANGED: { what: 'The key of this computer is not the one the vault was made with.', todo: 'Your administrator can open the vault with the recovery code.' },
  VAULT_DAMAGED: { what: 'The vault cannot be opened: its files are damaged.', todo: 'Do not delete anything. Tell your administrator; a backup can be restored.' },
  VAULT_FROM_FUTURE: { what: 'The vault was written by a newer Outpost.', todo: 'Update Outpost on this workstation.' },
  PASSWORD_TOO_WEAK: { what: 'This password can be guessed.', todo: 'Make it longer: four or more words that do not belong together.' },
  CODE_REFUSED: { what: 'This code is not right, or was used already.', todo: 'Wait for the next code and type it. The clocks of phone and computer must agree.' },
  RECOVERY_CODE_REFUSED: { what: 'This recovery code does not open the vault.', todo: 'Check every group of the printed code.' },
  ALREADY_SET_UP: { what: 'This workstation has been set up already.', todo: 'Sign in instead.' },
  LOGIN_TAKEN: { what: 'Somebody already signs in with this name.', todo: 'Choose another sign-in name.' },
  LAST_ADMINISTRATOR: { what: 'This is the last administrator.', todo: 'Make another person administrator first.' },

  DISK_FULL: { what: 'The disk is full. This was not saved.', todo: 'Free some space and save again. Your typing is kept.' },
  READ_ONLY: { what: 'The disk does not let Outpost write. This was not saved.', todo: 'Tell your administrator. Your typing is kept.' },
  VAULT_IN_USE: { what: 'Another Outpost on this computer has the vault open.', todo: 'Close the other one first.' },

  NOT_FOUND: { what: 'It is not here any more.', todo: 'Go back and look again.' },
  ALREADY_SIGNED: { what: 'This is signed already.', todo: 'Amend it instead.' },
  CHANGED_MEANWHILE: { what: 'Somebody changed this while you looked at it.', todo: 'Look at the new values, then decide again. Your typing is kept.' },
  ENCOUNTER_CLOSED: { what: 'This encounter is finished.', todo: 'Start a new one, or amend what was charted.' },
  DUPLICATE_SUSPECTED: { what: 'A patient on file looks like the same person.', todo: 'Open the one on file, or say that this is another person.' },
  EMPTY: { what: 'There is nothing to save yet.', todo: 'Fill in at least one field.' },

  NOT_JSON: { what: 'The file is not JSON.', todo: 'Export it again as FHIR R4.' },
  TRUNCATED: { what: 'The file ends too early.', todo: 'Copy it again from its source.' },
  WRONG_ENCODING: { what: 'The file is not UTF-8 text.', todo: 'Export it again as UTF-8.' },
  UNSUPPORTED_FHIR_VERSION: { what: 'The file is of another FHIR version.', todo: 'Export it again as FHIR R4.' },
  NOT_FHIR: { what: 'The file holds no FHIR resources.', todo: 'Choose a FHIR R4 bundle or NDJSON file.' },
  CANCELLED: { what: 'Cancelled.', todo: 'Nothing was half done.' },
  FILE_UNREADABLE: { what: 'The file or folder cannot be read or written.', todo: 'Check that it is there and that you may open it.' },

  NOT_ENROLLED: { what: 'This workstation is not joined to a central server.', todo: 'Join it with a one-time code.' },
  ALREADY_ENROLLED: { what: 'This workstation is joined to a central server already.', todo: 'Nothing needs to be done.' },
  OFFLINE: { what: 'The central server cannot be reached.', todo: 'Go on working: everything is kept here and sent when the line is back.' },
  NOT_AUTHENTICATED: { what: 'The central server does not know this workstation.', todo: 'Tell your administrator.' },
  SERVER_UNTRUSTED: { what: 'The server that answered is not the one this workstation trusts. Nothing was sent.', todo: 'Tell your administrator before trying again.' },
  SERVER_REFUSED: { what: 'The central server refused what was sent.', todo: 'Nothing is lost. See the sync screen for the reason.' },
  SERVER_BUSY: { what: 'The central server is busy.', todo: 'Nothing is lost and nothing is wrong here. Outpost comes back by itself.' },
  PROTOCOL_ERROR: { what: 'The answer of the central server could not be understood.', todo: 'Nothing is lost. Outpost tries again by itself.' },
  ENROLMENT_REFUSED: { what: 'The one-time code was not accepted.', todo: 'Ask for a new code: each works once and for a short time.' },
  ADDRESS_TAKEN: { what: 'This workstation cannot answer at that address.', todo: 'Choose an address of this computer, and a port no other program uses.' },
  SNAPSHOT_REFUSED: { what: 'This copy of the records cannot be taken.', todo: 'It was made for another workstation, is damaged or incomplete. Have central write a new one for this workstation.' },
  QUARANTINED: { what: 'The central server has set this workstation aside.', todo: 'Tell your administrator. Everything is kept here.' },
};

const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;

/** The sentences for a fault, with what its details add: which rule refused, how long to wait. */
export function faultWords(fault: Fault<FaultCode>): FaultWords {
  const words = WORDS[fault.code];
  if (isEngineStopped(fault)) return STOPPED;
  if (fault.code === 'ACCOUNT_DISABLED' && fault.detail?.['rule'] === 'suspended') return SUSPENDED;
  if (fault.code === 'DENIED' && fault.detail?.['rule'] === 'suspended-by-organization') return SUSPENDED_ELSEWHERE;
  const wait = fault.detail?.['waitMs'];
  if (fault.code === 'TRY_LATER' && typeof wait === 'number') return { what: words.what, todo: `Try again in ${waitText(wait / MS_PER_SECOND)}.` };
  return words;
}

const SUSPENDED: FaultWords = { what: 'Your organisation has closed this account at all its workstations.', todo: 'Ask your organisation. What you charted is kept.' };
const SUSPENDED_ELSEWHERE: FaultWords = { what: 'The organisation has closed this account.', todo: 'Only the organisation can open it again, at its central server.' };
const STOPPED: FaultWords = { what: 'The part of Outpost that keeps the records has stopped.', todo: 'Close Outpost and open it again. What was saved is safe.' };

/** Nothing will be answered any more in this window. */
export function isEngineStopped(fault: Fault<FaultCode>): boolean {
  return fault.code === 'INTERNAL' && fault.detail?.['engine'] === 'stopped';
}

/** The name of the rule that refused, where the fault tells it. */
export function faultRule(fault: Fault<FaultCode>): string | null {
  const rule = fault.detail?.['rule'] ?? fault.detail?.['reason'];
  return typeof rule === 'string' ? rule : null;
}

/** Both sentences, for a place with room for one line. */
export function faultSentence(fault: Fault<FaultCode>): string {
  const { what, todo } = faultWords(fault);
  return `${what} ${todo}`;
}

function waitText(seconds: number): string {
  if (seconds < SECONDS_PER_MINUTE) return `${Math.ceil(seconds)} s`;
  return `${Math.ceil(seconds / SECONDS_PER_MINUTE)} min`;
}
