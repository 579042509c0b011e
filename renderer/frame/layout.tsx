import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useNavigation } from '../ui/navigation.ts';
import { Button } from '../ui/button.tsx';
import { Message } from '../ui/message.tsx';
import { frameWords as words } from '../words/frame.ts';
import { FrameBars } from './bars.tsx';
import { useFrameCommands } from './commands.ts';
import { CommandPalette, KeySheet } from './palette.tsx';
import { sectionOf } from './places.ts';
import { Sections } from './sections.tsx';
import { StatusBar } from './status-bar.tsx';
import { TopBar } from './top-bar.tsx';

/** Top bar, sections, one working area, status bar. */
export function FrameLayout() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const { sheet, palette, close, lock, switchUser } = useFrameCommands();
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    // A screen that focuses nothing itself still has to be where the next key press goes.
    if (main.current !== null && !main.current.contains(document.activeElement)) main.current.focus();
  }, [path]);
  return (
    <div className="frame">
      <TopBar onLock={lock} onSwitch={switchUser} />
      <FrameBars onLock={lock} />
      <Sections current={sectionOf(path)} />
      <main ref={main} className="frame-main" tabIndex={-1}>
        <Outlet />
      </main>
      <StatusBar />
      {palette === null ? null : <CommandPalette commands={palette} onClose={close} />}
      {sheet === null ? null : <KeySheet commands={sheet} onClose={close} />}
    </div>
  );
}

/** A defect of one screen leaves the frame standing. */
export function Broken() {
  const { go } = useNavigation();
  return (
    <Message tone="danger" title={words.crashed} actions={<Button onPress={() => go({ to: 'today' })}>{words.goTo(words.section.today)}</Button>}>
      <p>{words.crashedTodo}</p>
    </Message>
  );
}
