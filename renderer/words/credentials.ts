/** Words for choosing a password, moving a code secret to a phone and keeping a recovery code. */
export const credentialWords = {
  password: 'Password',
  newPassword: 'New password',
  repeat: 'The same password again',
  repeatDiffers: 'The two passwords differ.',
  passwordHint: 'Twelve characters or more. Four words that do not belong together are good.',
  strength: ['Guessed at once', 'Guessed quickly', 'Can be guessed', 'Hard to guess', 'Very hard to guess'],
  capsLock: 'Caps Lock is on.',

  scan: 'Scan this with an authenticator on your phone.',
  scanExplain: 'Any authenticator app works. It needs no network: code and phone stay with you.',
  typeInstead: 'Cannot scan? Type this key into the authenticator:',
  keyLabel: 'Key for the authenticator',
  code: 'Code from the authenticator',
  codeHint: 'Six digits. They change every 30 seconds.',
  codeShape: 'The code has six digits.',

  recoveryTitle: 'Your recovery code',
  recoveryExplain: 'The only way back in if every password or phone is lost. It is shown this once. Print it, put it in an envelope, and lock it away from this computer.',
  recoveryLabel: 'Recovery code',
  print: 'Print',
  printedHead: (clinic: string) => `${clinic}: recovery code for Outpost`,
  printedExplain: 'Opens this clinic’s records without any password. Keep it sealed and locked away, never beside the computer. If the seal is broken, make a new code.',
  printedOn: (date: string, device: string) => `Printed ${date} on ${device}.`,
  checkTitle: 'Type part of it back, from the paper',
  checkGroup: (position: number) => `Group ${position}`,
  checkDiffers: 'This is not what the paper says.',
  kept: 'I have it on paper',

  stepUpTitle: 'Is it still you?',
  stepUpExplain: 'This needs a fresh code from your authenticator. It is good for a few minutes.',
  stepUpSend: 'Go on',
} as const;
