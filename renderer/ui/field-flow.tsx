import { type KeyboardEvent, type ReactNode, useRef } from 'react';

const FIELDS = 'input:not([type="hidden"]):not([disabled]),textarea:not([disabled]),select:not([disabled]),button[aria-haspopup="listbox"]:not([disabled])';
const LAST = '[data-primary]:not([disabled])';

export type FieldFlowProps = {
  readonly children: ReactNode;
  /** Enter on the last field. Left out, the focus goes on to the main button, so that saving stays a decision of its own. */
  readonly onEnd?: () => void;
  readonly className?: string;
};

/**
 * Fields in clinical order: Enter goes to the next, Shift+Enter back. In a text of several lines Enter stays Enter.
 * Arrow keys choose within a group of options, which counts as one field.
 */
export function FieldFlow({ children, onEnd, className }: FieldFlowProps) {
  const root = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.ctrlKey || event.altKey || event.metaKey || event.nativeEvent.isComposing) return;
    const from = event.target;
    if (root.current === null || !(from instanceof HTMLElement) || !from.matches(FIELDS) || from instanceof HTMLTextAreaElement) return;
    if (takesEnter(from)) return;
    event.preventDefault();
    event.stopPropagation();
    const fields = stops(root.current);
    const at = fields.findIndex((field) => field === from || sameGroup(field, from));
    const next = fields[at + (event.shiftKey ? -1 : 1)];
    if (next !== undefined) focusField(next);
    else if (!event.shiftKey && onEnd !== undefined) onEnd();
    else if (!event.shiftKey) (root.current.querySelector<HTMLElement>(LAST) ?? root.current.closest('[role="dialog"],[role="alertdialog"],main')?.querySelector<HTMLElement>(LAST))?.focus();
  };
  return (
    // Listens on behalf of the fields within; takes no focus and no press of its own.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={root} className={className} onKeyDownCapture={move}>
      {children}
    </div>
  );
}

/** A list that stands open with an option picked out: Enter chooses it. An open list nobody has gone into is passed by. */
function takesEnter(field: HTMLElement): boolean {
  if (field.getAttribute('aria-expanded') !== 'true') return false;
  return !(field instanceof HTMLInputElement) || (field.getAttribute('aria-activedescendant') ?? '') !== '';
}

/** Every field once; of a group of radio buttons the one that Tab would reach. */
function stops(root: HTMLElement): readonly HTMLElement[] {
  const all = [...root.querySelectorAll<HTMLElement>(FIELDS)].filter((field) => field.closest('[aria-hidden="true"]') === null);
  return all.filter((field, index) => {
    const group = groupOf(field);
    if (group === null) return true;
    const members = all.filter((other) => groupOf(other) === group);
    const stop = members.find((member) => member instanceof HTMLInputElement && member.checked) ?? members[0];
    return all[index] === stop;
  });
}

function groupOf(field: Element): Element | null {
  return field instanceof HTMLInputElement && field.type === 'radio' ? field.closest('[role="radiogroup"]') : null;
}

function sameGroup(left: Element, right: Element): boolean {
  const group = groupOf(left);
  return group !== null && group === groupOf(right);
}

function focusField(field: HTMLElement): void {
  field.focus();
  if (field instanceof HTMLInputElement && field.type !== 'radio' && field.type !== 'checkbox') field.select();
}
