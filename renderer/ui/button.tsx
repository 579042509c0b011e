import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { KeyHint } from './key-hint.tsx';

export type ButtonProps = Omit<AriaButtonProps, 'children' | 'className' | 'isPending'> & {
  readonly children: ReactNode;
  /** `primary` is what one came to do, one per screen; `danger` destroys or overrides; `quiet` has no frame. */
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  /** The key that does the same, shown on the button. */
  readonly keys?: string;
  /** Under way: stays in place and in focus, does nothing. */
  readonly busy?: boolean;
};

export function Button({ children, kind = 'plain', keys, busy = false, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} isPending={busy} className={`button button-${kind}`} data-primary={kind === 'primary' || kind === 'danger' ? '' : undefined}>
      <span>{children}</span>
      {keys === undefined ? null : <KeyHint keys={keys} />}
    </AriaButton>
  );
}
