import type { ReactNode } from 'react';
import type { Fault } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { faultRule, faultWords } from '../words/faults.ts';
import { uiWords } from '../words/ui.ts';
import { Button } from './button.tsx';

export type MessageProps = {
  /** `quiet` for empty, `attention` for stale and denied, `danger` for what failed or may harm. */
  readonly tone: 'quiet' | 'attention' | 'danger';
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
};

/** A whole area with nothing else to show. */
export function Message({ tone, title, children, actions }: MessageProps) {
  return (
    <section className={`message message-${tone}`} role={tone === 'quiet' ? undefined : 'alert'}>
      <h2 className="message-title">
        <span className={`mark mark-${tone}`} aria-hidden="true" />
        {title}
      </h2>
      {children === undefined ? null : <div className="message-text">{children}</div>}
      {actions === undefined ? null : <div className="actions">{actions}</div>}
    </section>
  );
}

/** One line at the head of a list or form. */
export function Notice({ tone, children, actions }: { readonly tone: 'quiet' | 'attention' | 'danger'; readonly children: ReactNode; readonly actions?: ReactNode }) {
  return (
    <div className={`notice notice-${tone}`} role={tone === 'quiet' ? 'status' : 'alert'}>
      <span className={`mark mark-${tone}`} aria-hidden="true" />
      <div className="notice-text">{children}</div>
      {actions}
    </div>
  );
}

/** Why a whole screen cannot be shown, which rule said so, and what to do. */
export function FaultMessage({ fault, onRetry, actions }: { readonly fault: Fault<FaultCode>; readonly onRetry?: () => void; readonly actions?: ReactNode }) {
  const { what, todo } = faultWords(fault);
  const rule = faultRule(fault);
  const refused = fault.code === 'DENIED' || fault.code === 'STEP_UP_REQUIRED' || fault.code === 'HELD';
  return (
    <Message
      tone={refused ? 'attention' : 'danger'}
      title={refused ? uiWords.deniedTitle : uiWords.failedTitle}
      actions={
        <>
          {actions}
          {refused || onRetry === undefined ? null : <Button onPress={onRetry}>{uiWords.tryAgain}</Button>}
        </>
      }
    >
      <p>{what}</p>
      <p>{todo}</p>
      {refused ? null : <p>{uiWords.whatIsSafe}</p>}
      {rule === null ? null : <p className="small muted">{uiWords.rule(rule)}</p>}
    </Message>
  );
}

/** What passes by itself is no danger. */
const MENDING: readonly FaultCode[] = ['OFFLINE', 'SERVER_BUSY', 'BUSY', 'CANCELLED'];

/** Why a command was refused, beside the button that sent it. */
export function FaultNotice({ fault }: { readonly fault: Fault<FaultCode> | null }) {
  if (fault === null) return null;
  const { what, todo } = faultWords(fault);
  const rule = faultRule(fault);
  return (
    <Notice tone={MENDING.includes(fault.code) ? 'attention' : 'danger'}>
      {what} {todo}
      {rule === null ? null : <span className="small"> {uiWords.rule(rule)}</span>}
    </Notice>
  );
}
