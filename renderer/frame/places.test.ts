import { describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import { PATHS, PlaceSearch, SECTIONS, placeOf, sameScreen, sectionOf, sectionsFor } from './places.ts';

const patient = '018f0000-0000-8000-a000-000000000001' as RecordId;

describe('places', () => {
  it('puts a patient into the path and the rest behind it', () => {
    expect(placeOf({ to: 'chart', patient, panel: 'vitals' })).toEqual({ path: `/chart/${patient}`, search: { panel: 'vitals' } });
    expect(placeOf({ to: 'note', patient })).toEqual({ path: `/chart/${patient}/note`, search: {} });
    expect(placeOf({ to: 'patients', text: 'ada' })).toEqual({ path: '/patients', search: { text: 'ada' } });
    expect(placeOf({ to: 'trail', patient })).toEqual({ path: '/trail', search: { patient } });
  });

  it('drops from an address what it does not know', () => {
    expect(PlaceSearch.parse({ panel: 'nonsense', record: 'x', text: 5, other: 1 })).toEqual({});
    expect(PlaceSearch.parse({ panel: 'vitals', patient })).toEqual({ panel: 'vitals', patient });
  });

  it('lights the section a place belongs to', () => {
    for (const section of SECTIONS) expect(sectionOf(PATHS[section])).toBe(section);
    expect(sectionOf(`/chart/${patient}`)).toBe('patients');
    expect(sectionOf('/register')).toBe('patients');
    expect(sectionOf('/nowhere')).toBe('today');
  });

  it('offers each role the sections it has work in', () => {
    expect(sectionsFor('physician')).toEqual(['today', 'patients', 'conflicts', 'import', 'sync', 'settings']);
    expect(sectionsFor('nurse')).toEqual(['today', 'patients', 'conflicts', 'sync', 'settings']);
    expect(sectionsFor('registrar')).toEqual(['today', 'patients', 'sync', 'settings']);
    expect(sectionsFor('administrator')).toEqual(['today', 'import', 'sync', 'trail', 'settings']);
    expect(sectionsFor('auditor')).toEqual(['today', 'sync', 'trail', 'settings']);
  });

  it('knows opening something over a screen from leaving it', () => {
    expect(sameScreen(`/chart/${patient}`, placeOf({ to: 'chart', patient, panel: 'allergy' }))).toBe(true);
    expect(sameScreen('/', placeOf({ to: 'chart', patient }))).toBe(false);
  });
});
