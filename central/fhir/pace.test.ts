import { expect, it } from 'vitest';
import { createPace, REQUESTS_AT_ONCE, REQUESTS_PER_SECOND } from './pace.ts';

it('FHR-13 a client in haste is told to wait, gets a steady number of answers, and takes none of another\'s', () => {
  let now = 5_000;
  const pace = createPace(() => now);
  const answered = (client: string, asked: number): number => Array.from({ length: asked }, () => pace(client)).filter((wait) => wait === null).length;
  expect(answered('one', REQUESTS_AT_ONCE * 2)).toBe(REQUESTS_AT_ONCE);
  expect(pace('one')).toBe(1);
  expect(pace('two')).toBeNull();
  now += 1000;
  expect(answered('one', REQUESTS_AT_ONCE)).toBe(REQUESTS_PER_SECOND);
  now -= 60_000;
  expect(pace('one')).toBe(1);
  now += 3_600_000;
  expect(answered('one', REQUESTS_AT_ONCE * 2)).toBe(REQUESTS_AT_ONCE);
});
