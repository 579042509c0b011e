import { expect, it } from 'vitest';
import { mayShare, RosterDevice } from './contents.ts';

const on = (scope?: string): RosterDevice => RosterDevice.parse({ device: '0123456789abcdef', name: 'Front desk', signingKey: 'ab'.repeat(32), state: 'active', ...(scope === undefined ? {} : { scope }) });

it.each([
  ['both hold everything', on(), on('everything'), true],
  ['there is no roster', null, null, true],
  ['the other holds a part', on(), on('part'), false],
  ['this one holds a part', on('part'), on(), false],
  ['the other is not on the roster', on(), null, false],
  ['this one is not on the roster', null, on(), false],
  ['this one is not on the roster that says of the other that it holds a part', null, on('part'), false],
  ['a later version said of the other what is not known here', on(), on('without-images'), false],
] as const)('SYN-211 whether two workstations share where %s', (_, self, other, expected) => {
  expect(mayShare(self, other)).toBe(expected);
});
