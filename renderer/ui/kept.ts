import { createContext, useCallback, useContext, useState } from 'react';

/**
 * What was typed into a screen that has been left unfinished: coming back finds it again. In memory only, of one
 * session only: it goes with the frame when the screen locks.
 */
export class KeptForms {
  readonly #forms = new Map<string, unknown>();

  /** The caller asks with the type it put in under the same name; names are the callers' own. */
  get(name: string): unknown {
    return this.#forms.get(name);
  }

  set(name: string, form: unknown): void {
    this.#forms.set(name, form);
  }

  drop(name: string): void {
    this.#forms.delete(name);
  }
}

export const KeptFormsContext = createContext<KeptForms>(new KeptForms());

export type Kept<Form> = readonly [Form, (change: (before: Form) => Form) => void, () => void];

/**
 * Like useState, for a form that Esc, a scan or a look into a chart must not lose.
 * @returns the form, its change, and `drop` for when it has been saved.
 */
export function useKept<Form>(name: string, initial: () => Form): Kept<Form> {
  const kept = useContext(KeptFormsContext);
  const [form, setForm] = useState<Form>(() => (kept.get(name) as Form | undefined) ?? initial());
  const change = useCallback(
    (update: (before: Form) => Form) => {
      setForm((before) => {
        const next = update(before);
        kept.set(name, next);
        return next;
      });
    },
    [kept, name],
  );
  const drop = useCallback(() => kept.drop(name), [kept, name]);
  return [form, change, drop];
}
