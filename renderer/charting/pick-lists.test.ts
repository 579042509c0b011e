import { describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import { completeMedicine, COMMON_MEDICINES } from './common-medicines.ts';
import { COMMON_PROBLEMS } from './common-problems.ts';
import { COMMON_VACCINES } from './common-vaccines.ts';
import { allergiesAgainst, sameName } from './substances.ts';

const allergy = (text: string) => ({ record: 'x' as RecordId, text, criticality: null, reaction: null, status: 'active', conflict: false, contested: [] });

describe('pick lists', () => {
  it('hold well-formed codes', () => {
    for (const { code } of COMMON_PROBLEMS) expect(code).toMatch(/^[A-Z]\d[\dA-Z](\.[\dA-Z]{1,4})?$/u);
    for (const { code } of COMMON_VACCINES) expect(code).toMatch(/^\d{2,3}$/u);
    expect(new Set(COMMON_VACCINES.map(({ code }) => code)).size).toBe(COMMON_VACCINES.length);
  });

  it('complete a medicine once only one begins so', () => {
    expect(completeMedicine('amox')).toBe('amoxicillin');
    expect(completeMedicine('metf')).toBe('metformin');
    expect(completeMedicine('met')).toBeNull();
    expect(completeMedicine('am')).toBeNull();
    expect(completeMedicine('amoxicillin')).toBeNull();
    expect(completeMedicine('xyz')).toBeNull();
    for (const name of COMMON_MEDICINES) expect(completeMedicine(name)).toBeNull();
  });
});

describe('allergies on file', () => {
  it('are found by name and by the group they name', () => {
    const file = [allergy('Penicillin'), allergy('Latex'), allergy('Allergy to sulfonamides')];
    expect(allergiesAgainst('Amoxicillin 500 mg capsule', file)).toEqual([file[0]]);
    expect(allergiesAgainst('amoxicillin-clavulanate', file)).toEqual([file[0]]);
    expect(allergiesAgainst('co-trimoxazole', file)).toEqual([file[2]]);
    expect(allergiesAgainst('paracetamol', file)).toEqual([]);
    expect(allergiesAgainst('', file)).toEqual([]);
  });

  it('do not match on words that every name has', () => {
    expect(allergiesAgainst('folic acid', [allergy('Acetylsalicylic acid')])).toEqual([]);
  });

  it('compares names without letter case', () => {
    expect(sameName('Metformin  500 mg', 'metformin 500 MG')).toBe(true);
    expect(sameName('metformin', 'metoprolol')).toBe(false);
  });
});
