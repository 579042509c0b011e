import { describe, expect, it } from 'vitest';
import { Demographics } from '../../shared/records/charting.ts';
import { EMPTY_REGISTER, completeDemographics, demographicsSoFar, formFromTyped, registerProblems } from './demographics-form.ts';

const TODAY = { year: 2026, month: 11, day: 22 };
const okafor = { ...EMPTY_REGISTER, family: ' Okafor ', given: 'Chidinma', birth: '14 jul 1985', sex: 'female' as const };

describe('the register form', () => {
  it('begins with the name that was searched for', () => {
    expect(formFromTyped('okafor chidinma ada')).toMatchObject({ family: 'Okafor', given: 'Chidinma Ada' });
    expect(formFromTyped('van der Berg, anna')).toMatchObject({ family: 'Van der Berg', given: 'Anna' });
    expect(formFromTyped('K7-0042-3')).toEqual(EMPTY_REGISTER);
    expect(formFromTyped(undefined)).toEqual(EMPTY_REGISTER);
  });

  it('makes demographics that the contract takes, without what was left empty', () => {
    const demographics = completeDemographics({ ...okafor, city: 'Chinle', contactName: 'Obi', contactPhone: '555' }, TODAY);
    expect(demographics).toEqual({ family: 'Okafor', given: 'Chidinma', birthDate: '1985-07-14', sex: 'female', address: { city: 'Chinle' }, contact: { name: 'Obi', phone: '555' } });
    expect(Demographics.safeParse(demographics).success).toBe(true);
  });

  it('takes a person of one name and an unknown birth date', () => {
    expect(completeDemographics({ ...EMPTY_REGISTER, family: 'Prince', sex: 'unknown' }, TODAY)).toEqual({ family: 'Prince', given: '', sex: 'unknown' });
  });

  it('names every problem in the order of the fields, and is then not complete', () => {
    const form = { ...EMPTY_REGISTER, birth: 'soon' };
    expect(registerProblems(form, TODAY)).toEqual(['family', 'birth', 'sex']);
    expect(completeDemographics(form, TODAY)).toBeNull();
    expect(completeDemographics({ ...okafor, birth: '2030' }, TODAY)).toBeNull();
  });

  it('compares with what can be read so far', () => {
    expect(demographicsSoFar({ ...okafor, birth: '14 ju', sex: null }, TODAY)).toEqual({ family: 'Okafor', given: 'Chidinma' });
  });
});
