import { Label } from 'react-aria-components/Label';
import { ProgressBar } from 'react-aria-components/ProgressBar';
import { uiWords } from '../words/ui.ts';
import { Button } from './button.tsx';

export type ProgressProps = {
  readonly label: string;
  readonly done: number;
  /** Null while unknown: the bar then only says that something is going on. */
  readonly total: number | null;
  /** Writes an amount, such as bytes as "1.2 MB". */
  readonly amount: (value: number) => string;
  readonly onCancel?: () => void;
};

export function Progress({ label, done, total, amount, onCancel }: ProgressProps) {
  const text = total === null ? amount(done) : uiWords.progressOf(amount(done), amount(total));
  return (
    <div className="progress">
      <ProgressBar className="progress-body" value={done} maxValue={total ?? 1} isIndeterminate={total === null} valueLabel={text}>
        {({ percentage, isIndeterminate }) => (
          <>
            <div className="progress-words">
              <Label>{label}</Label>
              <span className="number">{text}</span>
            </div>
            <div className="progress-track">
              <div className={isIndeterminate ? 'progress-fill progress-unknown' : 'progress-fill'} style={{ inlineSize: `${percentage ?? 100}%` }} />
            </div>
          </>
        )}
      </ProgressBar>
      {onCancel === undefined ? null : <Button onPress={onCancel}>{uiWords.cancel}</Button>}
    </div>
  );
}
