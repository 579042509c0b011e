import type { Command } from '../ui/keys.ts';

/** Commands in which every typed word begins a word of the title or group; all where nothing is typed. */
export function findCommands(commands: readonly Command[], text: string): readonly Command[] {
  const typed = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const listed = commands.filter(({ id }) => id !== 'palette');
  if (typed.length === 0) return listed;
  return listed.filter(({ title, group }) => {
    const words = `${title} ${group}`.toLowerCase().split(/\s+/);
    return typed.every((part) => words.some((word) => word.startsWith(part)));
  });
}

export type CommandGroup = { readonly group: string; readonly commands: readonly Command[] };

/** In the order in which the groups first appear. */
export function groupCommands(commands: readonly Command[]): readonly CommandGroup[] {
  const groups = new Map<string, Command[]>();
  for (const command of commands) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return [...groups].map(([group, members]) => ({ group, commands: members }));
}
