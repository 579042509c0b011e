import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import { type Command, type CommandScope, KeyRegister } from './keys.ts';

export const KeyRegisterContext = createContext<KeyRegister>(new KeyRegister());

export type ScreenCommand = Omit<Command, 'scope'> & { readonly scope?: CommandScope };

/**
 * Registers a component's commands while it stands. `run` may close over fresh state on every render; the register
 * changes only when ids, titles or keys do. A modal set silences the screen below.
 */
export function useCommands(commands: readonly ScreenCommand[], modal = false): void {
  const register = useContext(KeyRegisterContext);
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  // As text, so that an effect sees whether anything but the functions has changed.
  const shape = JSON.stringify(commands.map(({ id, title, keys, scope, group }) => ({ id, title, keys, scope, group })));
  useEffect(() => {
    const described = JSON.parse(shape) as readonly Omit<ScreenCommand, 'run'>[];
    const standing = described.map((command): Command => ({ scope: 'screen', ...command, run: () => latest.current.find(({ id }) => id === command.id)?.run() }));
    return register.add(standing, modal);
  }, [register, shape, modal]);
}

/** The commands that would act now, for the sheet and the palette. */
export function useStandingCommands(): readonly Command[] {
  const register = useContext(KeyRegisterContext);
  return useSyncExternalStore(register.subscribe, register.list);
}

/** Runs a standing command by its id, for a button that does what a key does. */
export function useRunCommand(): (id: string) => void {
  const register = useContext(KeyRegisterContext);
  return (id) => register.list().find((command) => command.id === id)?.run();
}

const TYPING_INPUTS = 'input:not([type="checkbox"]):not([type="radio"]):not([type="button"]):not([type="submit"]):not([type="file"]),textarea,[contenteditable="true"]';
/** Things that take letters to jump to an option. */
const LETTER_TAKERS = '[role="listbox"][data-letters],[role="menu"],[aria-haspopup="listbox"]';

/** True where a letter typed now would land in a field or pick an option. */
export function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(`${TYPING_INPUTS},select,${LETTER_TAKERS}`) !== null;
}

/** Listens to the whole window and runs what the register says. Mounted once, by the frame. */
export function useKeyDispatch(): void {
  const register = useContext(KeyRegisterContext);
  useEffect(() => {
    const act = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const command = register.find(event, { inField: isField(event.target) });
      if (command === null) return;
      event.preventDefault();
      event.stopPropagation();
      command.run();
    };
    // Chords go first, before any widget; plain keys and Esc last, after popovers and lists had their say.
    const early = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey || /^F[0-9]+$/.test(event.key)) act(event);
    };
    window.addEventListener('keydown', early, { capture: true });
    window.addEventListener('keydown', act);
    return () => {
      window.removeEventListener('keydown', early, { capture: true });
      window.removeEventListener('keydown', act);
    };
  }, [register]);
}
