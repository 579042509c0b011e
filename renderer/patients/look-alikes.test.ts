import { describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import type { PatientLine } from '../../shared/ipc/shapes.ts';
import { lookAlikes } from './look-alikes.ts';

const line = (id: string, family: string, given: string, birthDate: string | null): PatientLine => ({
  patient: id as RecordId, family, given, birthDate, prefix: null, sex: 'unknown', number: null, place: null, phone: null, deceased: false, restricted: false, matchedBy: [],
});

describe('patients who could be taken for each other', () => {
  it('marks every twin of a set, also where names look alike too', () => {
    const found = lookAlikes([line('a', 'Okafor', 'Chidera', '2024-03-02'), line('b', 'Okafor', 'Chiderah', '2024-03-02'), line('c', 'Okafor', 'Ngozi', '2024-03-02')]);
    expect([...found]).toEqual([['a', 'twin'], ['b', 'twin'], ['c', 'twin']]);
  });

  it('marks names that begin alike, without regard to accents and case', () => {
    const found = lookAlikes([line('a', 'Hernández', 'José', '1980-01-01'), line('b', 'HERNANDEZ', 'Josefa', '1991-05-05')]);
    expect([...found.values()]).toEqual(['name', 'name']);
  });

  it('does not take a shared year or an unknown date for a twin', () => {
    expect(lookAlikes([line('a', 'Begay', 'Thomas', '1951'), line('b', 'Begay', 'Anna', '1951'), line('c', 'Begay', 'Zoe', null), line('d', 'Begay', 'Kim', null)]).size).toBe(0);
  });
});
