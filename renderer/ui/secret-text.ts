/** Codes that people read from paper or a screen and type: groups, and forgiveness for how they are typed. */

const GROUP_SIZE = 4;

/** `ABCD EFGH …`, for reading aloud and typing. */
export function inGroups(secret: string): string {
  return (secret.match(new RegExp(`.{1,${GROUP_SIZE}}`, 'g')) ?? []).join(' ');
}

/** The groups of a printed code, whatever stands between them. */
export function groupsOf(code: string): readonly string[] {
  return code.split(/[^\p{L}\p{N}]+/u).filter((group) => group !== '');
}

/** Whether a typed group is the printed one; case and spaces do not matter, and O, I and L read as 0 and 1 (Crockford base32). */
export function sameGroup(typed: string, printed: string): boolean {
  return canonical(typed) === canonical(printed);
}

function canonical(text: string): string {
  return text.normalize('NFKC').replace(/[^\p{L}\p{N}]/gu, '').toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** Two different positions of a code to type back, spread by the caller's random number in [0, 1). */
export function positionsToCheck(groups: number, random: number): readonly [number, number] {
  const first = Math.floor(random * groups);
  const step = 1 + Math.floor(((random * groups) % 1) * (groups - 1));
  const second = (first + step) % groups;
  return first < second ? [first, second] : [second, first];
}
