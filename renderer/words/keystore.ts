const LEVELS: Readonly<Record<string, string>> = {
  tpm: 'Kept in the security chip of this computer.',
  os: 'Kept by the operating system.',
  development: 'Kept in a file on this computer: enough to try Outpost, not enough for a clinic.',
  none: 'Not kept apart: only the password protects the records.',
};

/** Where the key of this computer is kept; a level without words of ours is shown as it is. */
export function keystoreWords(level: string): string {
  return LEVELS[level] ?? level;
}
