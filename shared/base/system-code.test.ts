import { describe, expect, it } from 'vitest';
import { systemCode, systemCodeOf } from './system-code.ts';

describe('the system\'s name of an error', () => {
  it('is its code', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write /home/ada/okafor.pdf'), { code: 'ENOSPC' });
    expect([systemCodeOf(full), systemCode(full)]).toEqual(['ENOSPC', 'ENOSPC']);
  });

  it.each([[new Error('Okafor')], [Object.assign(new Error('x'), { code: 7 })], [{ code: 'ENOSPC' }], ['ENOSPC'], [null], [undefined]])('is none where %o carries none, and never its message', (error) => {
    expect([systemCodeOf(error), systemCode(error)]).toEqual([null, 'unknown']);
  });
});
