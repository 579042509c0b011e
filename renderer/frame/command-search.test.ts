import { describe, expect, it } from 'vitest';
import type { Command } from '../ui/keys.ts';
import { findCommands, groupCommands } from './command-search.ts';

const command = (id: string, title: string, group: string): Command => ({ id, title, group, scope: 'frame', run: () => undefined });
const all = [command('go.sync', 'Go to Sync', 'Go to'), command('vitals', 'Record vitals', 'Chart'), command('lock', 'Lock', 'This session'), command('palette', 'Commands', 'Help')];

describe('the command palette', () => {
  it('finds by the beginnings of words in any order', () => {
    expect(findCommands(all, 'vit rec').map(({ id }) => id)).toEqual(['vitals']);
    expect(findCommands(all, 'ync')).toEqual([]);
  });

  it('lists everything but itself while nothing is typed', () => {
    expect(findCommands(all, ' ').map(({ id }) => id)).toEqual(['go.sync', 'vitals', 'lock']);
  });

  it('groups in order of appearance', () => {
    expect(groupCommands(all).map(({ group }) => group)).toEqual(['Go to', 'Chart', 'This session', 'Help']);
  });
});
