import { capsOf } from './keys.ts';

/** The caps of a key chord. Read aloud by the control's own name, so hidden from it. */
export function KeyHint({ keys }: { readonly keys: string }) {
  return (
    <span className="key-hint" aria-hidden="true">
      {capsOf(keys).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}
