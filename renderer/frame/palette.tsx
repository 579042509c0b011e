import { type KeyboardEvent, useId, useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { KeyHint } from '../ui/key-hint.tsx';
import type { Command } from '../ui/keys.ts';
import { TextField } from '../ui/text-field.tsx';
import { uiWords } from '../words/ui.ts';
import { frameWords as words } from '../words/frame.ts';
import { findCommands, groupCommands } from './command-search.ts';

type OverlayProps = { readonly commands: readonly Command[]; readonly onClose: () => void };

/** Ctrl+K: type what you want to do. The focus stays in the field; arrows choose, Enter acts. */
export function CommandPalette({ commands, onClose }: OverlayProps) {
  const id = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const found = findCommands(commands, text);
  const at = Math.min(active, found.length - 1);
  const act = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    // After the dialog has given the focus back, so that what the command opens can take it.
    requestAnimationFrame(command.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setActive(Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setActive(Math.max(at - 1, 0));
    else if (event.key === 'Enter') act(found[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Dialog title={words.palette} onClose={onClose} width="narrow" closeLabel={uiWords.close}>
      {/* Arrows and Enter of the field choose in the list below it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="palette" onKeyDownCapture={onKeyDown}>
        <TextField
          label={words.paletteHint}
          value={text}
          onChange={(value) => {
            setText(value);
            setActive(0);
          }}
          autoFocus
        />
        <ul className="plain palette-list" id={`${id}-list`} aria-label={words.palette}>
          {found.map((command, index) => (
            <li key={command.id}>
              <button type="button" className={`palette-item${index === at ? ' is-active' : ''}`} tabIndex={-1} onClick={() => act(command)}>
                <span>{command.title}</span>
                <span className="muted small">{command.group}</span>
                {command.keys === undefined ? null : <KeyHint keys={command.keys} />}
              </button>
            </li>
          ))}
        </ul>
        <p role="status" className="small muted">
          {found.length === 0 ? words.paletteEmpty : found[at]?.title}
        </p>
      </div>
    </Dialog>
  );
}

/** `?`: the keys of this screen, by group. */
export function KeySheet({ commands, onClose }: OverlayProps) {
  return (
    <Dialog title={words.keysHere} onClose={onClose} width="medium" closeLabel={uiWords.close}>
      <div className="key-sheet">
        {groupCommands(commands.filter(({ keys }) => keys !== undefined)).map(({ group, commands: members }) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {members.map((command) => (
                <div key={command.id} className="key-line">
                  <dt>{command.title}</dt>
                  <dd>{command.keys === undefined ? null : <><KeyHint keys={command.keys} /><span className="visually-hidden">{command.keys}</span></>}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
