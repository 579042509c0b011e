/**
 * The one register of what keys do. Screens put their commands in while they stand; the key sheet (`?`) and the
 * command palette (Ctrl+K) are drawn from it, so that neither can name a key that does nothing.
 */

export type CommandScope =
  /** Works everywhere, also over an open dialog: lock, switch user, sync. */
  | 'always'
  /** The frame's own: sections, search. Silent while a dialog is open. */
  | 'frame'
  /** Of the screen or dialog that is on top. */
  | 'screen';

export type Command = {
  /** Unique among the commands that stand at one time; a later one of the same id replaces the earlier. */
  readonly id: string;
  readonly title: string;
  /** Such as `Ctrl+Enter`, `Alt+1`, `F8`, `V`, `/`. Absent where only the palette reaches it. */
  readonly keys?: string;
  readonly scope: CommandScope;
  /** Heading under which sheet and palette list it. */
  readonly group: string;
  readonly run: () => void;
};

/** What of a keyboard event decides; a DOM KeyboardEvent fits. */
export type KeyPress = { readonly key: string; readonly ctrlKey: boolean; readonly altKey: boolean; readonly metaKey: boolean; readonly shiftKey: boolean };

/** Where the press happened. */
export type KeyPlace = {
  /** The focus stands in something that letters are typed into. */
  readonly inField: boolean;
};

type Layer = { readonly commands: Map<string, Command>; readonly modal: boolean };

export class KeyRegister {
  #layers: Layer[] = [];
  readonly #listeners = new Set<() => void>();
  #list: readonly Command[] = [];

  /** Adds commands on top of those that stand; a modal layer silences all below it but scope `always`. Returns the removal. */
  add(commands: readonly Command[], modal = false): () => void {
    const layer: Layer = { commands: new Map(commands.map((command) => [command.id, command])), modal };
    this.#layers = [...this.#layers, layer];
    this.#changed();
    return () => {
      this.#layers = this.#layers.filter((each) => each !== layer);
      this.#changed();
    };
  }

  /** Commands that would act now, the topmost first, one per id. */
  list = (): readonly Command[] => this.#list;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** The command this key press means, or null. */
  find(press: KeyPress, place: KeyPlace): Command | null {
    const chord = chordOf(press);
    if (place.inField && isPlain(chord)) return null;
    return this.#list.find((command) => command.keys !== undefined && normalise(command.keys) === chord) ?? null;
  }

  #changed(): void {
    const seen = new Set<string>();
    const list: Command[] = [];
    let silenced = false;
    for (const layer of this.#layers.toReversed()) {
      for (const command of layer.commands.values()) {
        if (seen.has(command.id) || (silenced && command.scope !== 'always')) continue;
        seen.add(command.id);
        list.push(command);
      }
      if (layer.modal) silenced = true;
    }
    this.#list = list;
    for (const listener of this.#listeners) listener();
  }
}

const NAMED_KEYS: Readonly<Record<string, string>> = { ' ': 'space', escape: 'esc', arrowup: 'up', arrowdown: 'down', arrowleft: 'left', arrowright: 'right' };

/** `ctrl+shift+enter`: modifiers in a fixed order, lower case. The Command key of a Mac counts as Ctrl. */
export function chordOf(press: KeyPress): string {
  const lower = press.key.toLowerCase();
  const key = NAMED_KEYS[lower] ?? lower;
  // `?` and `:` are what the layout makes with Shift: the character says it all.
  const shift = press.shiftKey && (key.length > 1 || /[a-z]/.test(key));
  return `${press.ctrlKey || press.metaKey ? 'ctrl+' : ''}${press.altKey ? 'alt+' : ''}${shift ? 'shift+' : ''}${key}`;
}

/** Reads `Ctrl+Enter` as it is written in a command. */
export function normalise(keys: string): string {
  const parts = keys.toLowerCase().split('+');
  const key = parts.at(-1) ?? '';
  const has = (modifier: string): boolean => parts.slice(0, -1).includes(modifier);
  return `${has('ctrl') ? 'ctrl+' : ''}${has('alt') ? 'alt+' : ''}${has('shift') ? 'shift+' : ''}${key}`;
}

/** True for what a field would take as typing or editing. Function keys, Esc and Ctrl or Alt chords are not. */
function isPlain(chord: string): boolean {
  return !/^(ctrl|alt)\+/.test(chord) && !/^(shift\+)?(f[0-9]{1,2}|esc)$/.test(chord);
}

/** The words on the caps of a chord, in order: `['Ctrl', 'Enter']`. */
export function capsOf(keys: string): readonly string[] {
  return keys.split('+');
}
