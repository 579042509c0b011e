import type { PatientLine } from '../../shared/ipc/shapes.ts';

export type LookAlike = 'name' | 'twin';

/**
 * Patients in one list who could be taken for each other (NISTIR 7804-1): `name` share family name and the beginning
 * of the given name, `twin` share family name and full birth date. Such lines say what tells them apart.
 */
export function lookAlikes(lines: readonly PatientLine[]): ReadonlyMap<string, LookAlike> {
  const found = new Map<string, LookAlike>();
  const names = new Map<string, PatientLine>();
  const births = new Map<string, PatientLine>();
  const mark = (first: PatientLine | undefined, second: PatientLine, kind: LookAlike): void => {
    if (first === undefined) return;
    for (const { patient } of [first, second]) if (found.get(patient) !== 'twin') found.set(patient, kind);
  };
  for (const line of lines) {
    const family = fold(line.family);
    const name = `${family} ${fold(line.given).slice(0, GIVEN_PREFIX)}`;
    mark(names.get(name), line, 'name');
    names.set(name, line);
    if (line.birthDate === null || line.birthDate.length < FULL_DATE) continue;
    const birth = `${family} ${line.birthDate}`;
    mark(births.get(birth), line, 'twin');
    births.set(birth, line);
  }
  return found;
}

const GIVEN_PREFIX = 3;
const FULL_DATE = 10;

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
}
