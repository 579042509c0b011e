import type { ReactNode } from 'react';
import { FieldFlow } from '../ui/field-flow.tsx';
import { Button } from '../ui/button.tsx';
import { setupWords as words } from '../words/setup.ts';

export type StepFrameProps = {
  readonly title: string;
  readonly explain?: string;
  readonly children: ReactNode;
  readonly onBack?: (() => void) | undefined;
  /** Absent where the step has its own way on. */
  readonly onNext?: () => void;
  readonly nextLabel?: string;
  readonly nextDisabled?: boolean;
  readonly busy?: boolean;
  readonly beside?: ReactNode;
};

/** One question, its fields, the way back and the way on. Enter after the last field goes on. */
export function StepFrame({ title, explain, children, onBack, onNext, nextLabel = words.next, nextDisabled = false, busy = false, beside }: StepFrameProps) {
  return (
    <FieldFlow className="fields" {...(onNext === undefined || nextDisabled ? {} : { onEnd: onNext })}>
      <h1>{title}</h1>
      {explain === undefined ? null : <p className="prose muted">{explain}</p>}
      {children}
      <div className="actions setup-actions">
        {onBack === undefined ? null : <Button onPress={onBack}>{words.back}</Button>}
        <span className="spring" />
        {beside}
        {onNext === undefined ? null : (
          <Button kind="primary" isDisabled={nextDisabled} busy={busy} onPress={onNext}>
            {nextLabel}
          </Button>
        )}
      </div>
    </FieldFlow>
  );
}
