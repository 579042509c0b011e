import { type KeyboardEvent, type Ref, useId, useState } from 'react';
import type { Soap } from '../../shared/records/charting.ts';
import { notesWords as words } from '../words/notes.ts';
import { expandAt, insertPhrase, phrasesAt, type Edited, type Phrase } from './phrases.ts';

export type SoapPart = keyof Soap;

export type SoapRegionProps = {
  readonly part: SoapPart;
  readonly text: string;
  readonly phrases: readonly Phrase[];
  readonly onType: (text: string) => void;
  /** Text set by a phrase, with the place where the cursor goes. */
  readonly onEdit: (edited: Edited) => void;
  readonly onFocus: () => void;
  /** Who this note is about, shown beside the region that is typed into. */
  readonly whose: string;
  readonly areaRef: Ref<HTMLTextAreaElement>;
  /** The note opens with the cursor here. */
  readonly startsHere: boolean;
  readonly maxLength: number;
};

/** One of the four parts: a text that grows, and phrases by `;name`. */
export function SoapRegion({ part, text, phrases, onType, onEdit, onFocus, whose, areaRef, startsHere, maxLength }: SoapRegionProps) {
  const id = useId();
  const [cursor, setCursor] = useState(0);
  const [focused, setFocused] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [dismissed, setDismissed] = useState(-1);
  const { letter, label, hint } = words.parts[part];
  const offered = focused && dismissed !== cursor ? phrasesAt(text, cursor, phrases) : null;
  const picked = offered === null ? null : (offered[Math.min(chosen, offered.length - 1)] ?? null);

  const edit = (edited: Edited): void => {
    setChosen(-1);
    setCursor(edited.selection.to);
    onEdit(edited);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const place = event.currentTarget.selectionStart;
    if (offered !== null && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      setChosen(event.key === 'ArrowDown' ? Math.min(chosen + 1, offered.length - 1) : Math.max(chosen - 1, -1));
    } else if (offered !== null && picked !== null && (event.key === 'Enter' || event.key === 'Tab')) edit(insertPhrase(text, place, picked));
    else if (offered !== null && event.key === 'Escape') setDismissed(cursor);
    else if (event.key === ' ' || event.key === 'Enter') {
      const edited = event.currentTarget.selectionEnd === place ? expandAt(text, place, phrases) : null;
      if (edited === null) return;
      edit(edited);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section className="soap-region" aria-labelledby={`${id}-label`} data-focused={focused ? '' : undefined}>
      <header className="soap-head">
        <label htmlFor={`${id}-text`} id={`${id}-label`}>
          <span className="soap-letter" aria-hidden="true">
            {letter}
          </span>
          {label}
        </label>
        <span className="small muted">{hint}</span>
        {focused ? (
          <span className="soap-whose">
            <bdi>{whose}</bdi>
          </span>
        ) : null}
      </header>
      <textarea
        id={`${id}-text`}
        className="soap-text"
        ref={areaRef}
        value={text}
        rows={2}
        maxLength={maxLength}
        spellCheck={false}
        autoComplete="off"
        // The note opens where it goes on.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={startsHere}
        aria-autocomplete="list"
        aria-controls={offered === null ? undefined : `${id}-phrases`}
        aria-activedescendant={picked === null ? undefined : `${id}-${picked.name}`}
        onChange={(event) => {
          setChosen(-1);
          setCursor(event.target.selectionStart);
          onType(event.target.value);
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
        onFocus={() => {
          setFocused(true);
          onFocus();
        }}
        onBlur={() => setFocused(false)}
        onKeyDown={onKeyDown}
      />
      {offered === null ? null : (
        <div className="phrases">
          <output className="small muted">{words.phrasesFor(offered.length)}</output>
          {/* A list of suggestions under a text of several lines has no element of its own in HTML. */}
          {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role */}
          <div id={`${id}-phrases`} role="listbox" aria-label={words.phrases} tabIndex={-1}>
            {offered.map((phrase) => (
              // The text has the focus and the keys; an option answers to the pointer only.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus, jsx-a11y/prefer-tag-over-role
              <div key={phrase.name} id={`${id}-${phrase.name}`} role="option" aria-selected={phrase === picked} className="phrase" onMouseDown={(event) => event.preventDefault()} onClick={() => edit(insertPhrase(text, cursor, phrase))}>
                <strong>;{phrase.name}</strong> <span className="muted">{phrase.text}</span>
              </div>
            ))}
          </div>
        </div>
      )}
    </section>
  );
}
