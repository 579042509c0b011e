import { describe, expect, it } from 'vitest';
import { matchingPeople } from './unlock.data.ts';

const people = ['admin', 'ada.obi', 'sam', 'ruth.ada'].map((login) => ({ login, enabled: true }));

describe('who is signing in', () => {
  it('matches the beginning first, then anywhere', () => {
    expect(matchingPeople(people, ' ADA ').map(({ login }) => login)).toEqual(['ada.obi']);
    expect(matchingPeople(people, 'obi').map(({ login }) => login)).toEqual(['ada.obi']);
    expect(matchingPeople(people, 'x')).toEqual([]);
    expect(matchingPeople(people, '')).toEqual(people);
  });
});
