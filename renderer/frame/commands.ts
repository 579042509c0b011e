import { useContext, useEffect, useState } from 'react';
import type { Command } from '../ui/keys.ts';
import { useNavigation } from '../ui/navigation.ts';
import { ScannerWatch } from '../ui/scanner.ts';
import { KeyRegisterContext, type ScreenCommand, useCommands } from '../ui/use-keys.ts';
import { frameWords as words } from '../words/frame.ts';
import { useFrame } from './frame-context.ts';
import { useLock } from './frame.data.ts';
import { SECTIONS } from './places.ts';

export type FrameOverlays = {
  /** The commands that stood when the sheet or palette was opened; null while it is closed. */
  readonly sheet: readonly Command[] | null;
  readonly palette: readonly Command[] | null;
  readonly close: () => void;
  readonly lock: () => void;
  readonly switchUser: () => void;
};

/** Takes the scanned characters out of the field they were typed into. */
function takeBack(target: EventTarget | null, code: string): void {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
  const end = target.selectionEnd ?? target.value.length;
  if (target.value.slice(end - code.length, end) !== code) return;
  target.setRangeText('', end - code.length, end, 'end');
  target.dispatchEvent(new Event('input', { bubbles: true }));
}

type Overlay = { readonly kind: 'sheet' | 'palette'; readonly commands: readonly Command[] };

/** The frame's own keys, and the scanner that goes to search wherever the focus is. */
export function useFrameCommands(): FrameOverlays {
  const register = useContext(KeyRegisterContext);
  const { go, back } = useNavigation();
  const { leaving } = useFrame();
  const lock = useLock(leaving);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  // Switching is locking and landing on the people: the next one's four fields stand where this one's chart was.
  const switchUser = lock;
  useCommands([
    ...SECTIONS.map((section, index): ScreenCommand => ({ id: `go.${section}`, title: words.goTo(words.section[section]), keys: `Alt+${index + 1}`, scope: 'frame', group: words.groups.go, run: () => go({ to: section }) })),
    { id: 'search', title: words.search, keys: '/', scope: 'frame', group: words.groups.go, run: () => go({ to: 'patients' }) },
    { id: 'register', title: words.newPatient, keys: 'N', scope: 'frame', group: words.groups.go, run: () => go({ to: 'register' }) },
    { id: 'sync', title: words.syncDetails, keys: 'F8', scope: 'frame', group: words.groups.go, run: () => go({ to: 'sync' }) },
    { id: 'back', title: words.back, keys: 'Esc', scope: 'frame', group: words.groups.go, run: back },
    { id: 'lock', title: words.lock, keys: 'Ctrl+L', scope: 'always', group: words.groups.session, run: lock },
    { id: 'switch', title: words.switchUser, keys: 'Ctrl+U', scope: 'always', group: words.groups.session, run: switchUser },
    { id: 'palette', title: words.palette, keys: 'Ctrl+K', scope: 'frame', group: words.groups.help, run: () => setOverlay({ kind: 'palette', commands: register.list() }) },
    { id: 'sheet', title: words.keySheet, keys: '?', scope: 'frame', group: words.groups.help, run: () => setOverlay({ kind: 'sheet', commands: register.list() }) },
  ]);
  useEffect(() => {
    const scanner = new ScannerWatch();
    const watch = (event: KeyboardEvent): void => {
      const code = event.ctrlKey || event.altKey || event.metaKey ? null : scanner.press(event.key, event.timeStamp);
      // Over an open dialog a scan is typing: leaving would lose what is half written there.
      if (code === null || !register.list().some(({ id }) => id === 'search')) return;
      takeBack(event.target, code);
      event.preventDefault();
      event.stopPropagation();
      go({ to: 'patients', text: code });
    };
    window.addEventListener('keydown', watch, { capture: true });
    return () => window.removeEventListener('keydown', watch, { capture: true });
  }, [go, register]);
  return {
    sheet: overlay?.kind === 'sheet' ? overlay.commands : null,
    palette: overlay?.kind === 'palette' ? overlay.commands : null,
    close: () => setOverlay(null),
    lock,
    switchUser,
  };
}
