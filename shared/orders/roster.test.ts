import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserId } from '../base/ids.ts';
import { ROLES } from '../access/vocabulary.ts';
import { Roster, type RosterMember } from './contents.ts';
import { applyRoster, memberOf, type Account, type AccountChange, type Barred } from './roster.ts';

const id = (digit: string): UserId => UserId.parse(`00000000000000a${digit}`);
const account = (digit: string, changes: Partial<Account> = {}): Account => ({ user: id(digit), login: `login${digit}`, name: `Person ${digit}`, role: 'nurse', active: true, ...changes });
const member = (digit: string, changes: Partial<RosterMember> = {}): RosterMember => ({ user: id(digit), login: `login${digit}`, name: `Person ${digit}`, role: 'nurse', state: 'active', ...changes });
const roster = (...staff: readonly RosterMember[]): Roster => Roster.parse({ staff, devices: [] });
const NOBODY: Barred = new Map();

/** The accounts after a change. */
const after = (accounts: readonly Account[], changes: readonly AccountChange[]): Account[] =>
  accounts.map((each) => {
    const changed = changes.find(({ user }) => user === each.user);
    if (changed === undefined) return each;
    const { change: _change, ...rest } = changed;
    return rest;
  });

describe('a roster at a workstation', () => {
  it('ORD-9 suspends and ends by id, and by sign-in name where ids differ', () => {
    for (const state of ['suspended', 'ended'] as const) {
      expect(applyRoster(roster(member('1', { state })), [account('1')], NOBODY)).toMatchObject({ changes: [{ user: id('1'), active: false, change: state }] });
      const elsewhere = account('7', { login: 'Login1' });
      expect(applyRoster(roster(member('1', { state })), [elsewhere], NOBODY)).toMatchObject({ changes: [{ user: id('7'), login: 'Login1', active: false }] });
      expect(applyRoster(roster(member('1', { state, login: null })), [elsewhere], NOBODY).changes).toEqual([]);
    }
  });

  it('ORD-9 goes by the id before the name', () => {
    const both = roster(member('1', { login: 'login2', name: 'By id' }), member('2', { login: 'other', name: 'By name' }));
    expect(memberOf(both, account('2'))?.name).toBe('By name');
    expect(memberOf(both, { user: id('9'), login: 'login2' })?.name).toBe('By id');
    expect(memberOf(both, { user: id('9'), login: 'nobody' })).toBeNull();
  });

  it('ORD-9 brings back who it kept out, and nobody whom the clinic itself had closed', () => {
    const accounts = [account('1'), account('2', { active: false })];
    const first = applyRoster(roster(member('1', { state: 'suspended' }), member('2', { state: 'suspended' })), accounts, NOBODY);
    expect(first.changes.map(({ user }) => user)).toEqual([id('1')]);
    const second = applyRoster(roster(member('1'), member('2')), after(accounts, first.changes), first.barred);
    expect(second.changes).toEqual([{ ...account('1'), change: 'restored' }]);
    expect(second.barred.size).toBe(0);
  });

  it('ORD-9 being struck from the list is no pardon', () => {
    const first = applyRoster(roster(member('1', { state: 'suspended' })), [account('1')], NOBODY);
    const second = applyRoster(roster(member('3')), after([account('1')], first.changes), first.barred);
    expect(second.changes).toEqual([]);
    expect(applyRoster(roster(member('1')), after([account('1')], first.changes), second.barred).changes).toMatchObject([{ active: true, change: 'restored' }]);
  });

  it('ORD-9 sets name and role, leaves a role it does not know, and touches nobody else', () => {
    const accounts = [account('1'), account('2'), account('3')];
    const { changes } = applyRoster(roster(member('1', { role: 'physician', name: 'Ada Obi' }), member('2', { role: 'astrologer' })), accounts, NOBODY);
    expect(changes).toEqual([{ ...account('1'), role: 'physician', name: 'Ada Obi', change: 'roster' }]);
  });

  it('ORD-9 applied twice changes nothing the second time, and nobody kept out is ever active', () => {
    const anyMember = fc.record({ digit: fc.constantFrom('1', '2', '3'), state: fc.constantFrom('active' as const, 'suspended' as const, 'ended' as const), role: fc.constantFrom(...ROLES, 'other'), named: fc.boolean() });
    const anyRoster = fc.uniqueArray(anyMember, { selector: ({ digit }) => digit }).map((members) => roster(...members.map(({ digit, named, ...rest }) => member(digit, { ...rest, login: named ? `login${digit}` : null }))));
    fc.assert(
      fc.property(fc.array(anyRoster, { minLength: 1, maxLength: 6 }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (rosters, active) => {
        const start = active.map((open, index) => account(String(index + 1), { active: open }));
        let accounts: Account[] = start;
        let barred: Barred = NOBODY;
        for (const each of rosters) {
          const applied = applyRoster(each, accounts, barred);
          accounts = after(accounts, applied.changes);
          ({ barred } = applied);
          expect(applyRoster(each, accounts, barred)).toEqual({ changes: [], barred });
          for (const one of accounts) {
            const state = memberOf(each, one)?.state;
            if (state === 'suspended' || state === 'ended') expect(one.active).toBe(false);
            if (state === 'active') expect(one.active).toBe(start.find(({ user }) => user === one.user)?.active);
          }
        }
      }),
    );
  });
});
