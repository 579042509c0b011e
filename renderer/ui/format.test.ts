import { describe, expect, it } from 'vitest';
import { formatAge, formatAgo, formatBytes, formatDate, formatDateTime, formatDuration, formatName, formatNumber, formatPartialDate, formatSex, formatTime, formatUnit, initials } from './format.ts';

const ZONE = 'America/Chicago';
const at = (iso: string): number => Date.parse(iso);

describe('dates and times', () => {
  it('writes day, month in letters, year, without a leading zero', () => {
    expect(formatDate(at('2026-07-14T15:00:00Z'), ZONE)).toBe('14-Jul-2026');
    expect(formatDate(at('2026-03-03T15:00:00Z'), ZONE)).toBe('3-Mar-2026');
  });

  it('takes the day of the clinic, not of Greenwich', () => {
    expect(formatDate(at('2026-01-01T04:30:00Z'), ZONE)).toBe('31-Dec-2025');
    expect(formatDate(at('2026-01-01T04:30:00Z'), 'Asia/Kolkata')).toBe('1-Jan-2026');
  });

  it('writes 24 hours, with midnight as 00:00, on both sides of a clock change', () => {
    expect(formatTime(at('2026-07-14T05:00:00Z'), ZONE)).toBe('00:00');
    expect(formatDateTime(at('2026-11-01T06:59:00Z'), ZONE)).toBe('1-Nov-2026 01:59');
    expect(formatDateTime(at('2026-11-01T07:01:00Z'), ZONE)).toBe('1-Nov-2026 01:01');
  });

  it('writes a FHIR date as exactly as it is known and leaves alone what is none', () => {
    expect(formatPartialDate('1985-07-14')).toBe('14-Jul-1985');
    expect(formatPartialDate('1985-07')).toBe('Jul-1985');
    expect(formatPartialDate('1985')).toBe('1985');
    expect(formatPartialDate(null)).toBe('Not known');
    expect(formatPartialDate('1985-02-31')).toBe('1985-02-31');
    expect(formatPartialDate('summer')).toBe('summer');
  });
});

describe('ages in the unit that matters', () => {
  const now = at('2026-11-22T18:00:00Z');
  it.each([
    ['2026-11-22', 'today'],
    ['2026-11-21', '1d'],
    ['2026-10-26', '27d'],
    ['2026-10-25', '4w'],
    ['2025-11-23', '52w'],
    ['2025-11-22', '12m'],
    ['2024-11-23', '23m'],
    ['2024-11-22', '2y'],
    ['2021-06-30', '5y 4m'],
    ['2008-11-23', '17y 11m'],
    ['2008-11-22', '18y'],
    ['1985-07-14', '41y'],
    ['1985-12-01', '40y'],
  ])('born %s is %s', (birth, age) => {
    expect(formatAge(birth, now, ZONE)).toBe(age);
  });

  it('says "about" where day or month is not known', () => {
    expect(formatAge('1951', now, ZONE)).toBe('about 75y');
    expect(formatAge('1985-07', now, ZONE)).toBe('about 41y');
    expect(formatAge('2026-03', now, ZONE)).toBe('about 8m');
  });

  it('has no age for the unborn, the unknown and what is no date', () => {
    expect(formatAge('2026-11-23', now, ZONE)).toBeNull();
    expect(formatAge('2027', now, ZONE)).toBeNull();
    expect(formatAge(null, now, ZONE)).toBeNull();
    expect(formatAge('1985-13', now, ZONE)).toBeNull();
  });

  it('counts birthdays by the day of the clinic', () => {
    const lateEvening = at('2026-11-23T04:00:00Z');
    expect(formatAge('2008-11-23', lateEvening, ZONE)).toBe('17y 11m');
    expect(formatAge('2008-11-23', lateEvening, 'UTC')).toBe('18y');
  });

  it('gives a child of 29 February its birthday in every year', () => {
    expect(formatAge('2008-02-29', at('2026-02-28T18:00:00Z'), ZONE)).toBe('18y');
    expect(formatAge('2008-02-29', at('2026-02-27T18:00:00Z'), ZONE)).toBe('17y 11m');
  });
});

describe('names and sexes', () => {
  it('puts the family name first in capitals of its own language', () => {
    expect(formatName({ family: 'Okafor', given: 'Chidinma', prefix: 'Mrs' })).toBe('OKAFOR, Chidinma (Mrs)');
    expect(formatName({ family: 'Nguyễn', given: 'Linh', prefix: null })).toBe('NGUYỄN, Linh');
    expect(formatName({ family: 'Prince', given: '', prefix: null })).toBe('PRINCE');
  });

  it('says sex in words and keeps codes it does not know', () => {
    expect(formatSex('female')).toBe('Female');
    expect(formatSex('unknown')).toBe('Sex not known');
    expect(formatSex('x-other')).toBe('x-other');
  });

  it('makes one or two initials, whole characters also outside the basic plane', () => {
    expect(initials('Ada Obi')).toBe('AO');
    expect(initials('ada.obi')).toBe('AO');
    expect(initials('Dr Ruth Mensah, MD')).toBe('RM');
    expect(initials('Dr')).toBe('D');
    expect(initials('sam')).toBe('S');
    expect(initials('𐐀bc Dee')).toBe('𐐀D');
    expect(initials('')).toBe('');
  });
});

describe('amounts', () => {
  it('says how long in the largest unit', () => {
    const cases: readonly (readonly [number, string])[] = [[0, '0 s'], [59_999, '59 s'], [60_000, '1 min'], [3_600_000, '1 h'], [47 * 3_600_000, '47 h'], [48 * 3_600_000, '2 d'], [89 * 86_400_000, '89 d'], [120 * 86_400_000, '3 months'], [800 * 86_400_000, '2 y']];
    for (const [ms, text] of cases) expect(formatDuration(ms)).toBe(text);
    expect(formatDuration(182 * 86_400_000, 'narrow')).toBe('5 mo');
    expect(formatDuration(-5)).toBe('0 s');
  });

  it('says when, also for what a wrong clock puts ahead', () => {
    expect(formatAgo(1000, 1500)).toBe('just now');
    expect(formatAgo(0, 3 * 3_600_000)).toBe('3 h ago');
    expect(formatAgo(2 * 3_600_000, 0)).toBe('in 2 h');
  });

  it('never writes a trailing zero and always a leading one', () => {
    expect(formatNumber(5, 2)).toBe('5');
    expect(formatNumber(0.5, 2)).toBe('0.5');
    expect(formatNumber(62.1, 2)).toBe('62.1');
    expect(formatNumber(18_412)).toBe('18,412');
  });

  it('counts bytes in thousands and writes UCUM as people do', () => {
    expect(formatBytes(640)).toBe('640 B');
    expect(formatBytes(1_204_000)).toBe('1.2 MB');
    expect(formatBytes(48_000_000_000_000)).toBe('48,000 GB');
    expect(formatUnit('mm[Hg]')).toBe('mmHg');
    expect(formatUnit('kg')).toBe('kg');
  });
});
