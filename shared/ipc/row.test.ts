import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENTRY_KINDS } from '../ledger/kinds.ts';
import { CALL_NAMES, contract } from './contract.ts';
import { DOOR_FAULTS, FAULT_CODES } from './faults.ts';
import { row, type Row } from './row.ts';

const whole = {
  type: 'query',
  input: z.strictObject({}),
  output: z.strictObject({}),
  faults: [],
  states: ['unlocked'],
  access: { action: 'chart.read', resource: 'Chart', subject: { by: 'none' } },
  audit: { trace: 'before-data', kind: 'chart.viewed' },
} as const satisfies Row;

describe('a row of the contract', () => {
  it('compiles whole, and not without any one of its parts', () => {
    const { type, input, output, faults, states, access, audit } = whole;
    const rows: unknown[] = [
      row(whole),
      // @ts-expect-error no audit event
      row({ type, input, output, faults, states, access }),
      // @ts-expect-error no decision
      row({ type, input, output, faults, states, audit }),
      // @ts-expect-error no session state
      row({ type, input, output, faults, access, audit }),
      // @ts-expect-error legal in no state
      row({ type, input, output, faults, states: [], access, audit }),
      // @ts-expect-error no faults named
      row({ type, input, output, states, access, audit }),
      // @ts-expect-error no output schema
      row({ type, input, faults, states, access, audit }),
      // @ts-expect-error no input schema
      row({ type, output, faults, states, access, audit }),
      // @ts-expect-error a fault outside the closed set
      row({ ...whole, faults: ['SOMETHING'] }),
      // @ts-expect-error an action that no policy knows
      row({ ...whole, access: { ...access, action: 'chart.destroy' } }),
      // @ts-expect-error an event that the ledger does not have
      row({ ...whole, audit: { trace: 'before-data', kind: 'telepathy' } }),
      // @ts-expect-error no trace, and no reason why
      row({ ...whole, audit: { trace: 'none' } }),
    ];
    expect(rows).toHaveLength(12);
  });

  it('takes strict objects only, names closed faults once, and leaves a trace of reads of charts', () => {
    for (const name of CALL_NAMES) {
      const each: Row = contract[name];
      expect(each.input.safeParse({ unexpected: 1 }).success, name).toBe(false);
      expect(new Set(each.faults).size, name).toBe(each.faults.length);
      for (const fault of each.faults) expect(FAULT_CODES, name).toContain(fault);
      if (each.audit.trace === 'is-the-write') for (const kind of each.audit.kinds) expect(ENTRY_KINDS, name).toContain(kind);
      const readsCharts = each.type === 'query' && each.access.resource === 'Chart' && name !== 'drafts.load';
      expect(readsCharts && each.audit.trace === 'none', `${name} shows a chart without a trace`).toBe(false);
    }
    expect(new Set(FAULT_CODES).size).toBe(FAULT_CODES.length);
    expect(DOOR_FAULTS.every((code) => FAULT_CODES.includes(code))).toBe(true);
  });
});
