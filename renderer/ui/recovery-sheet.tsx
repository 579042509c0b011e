import { useState } from 'react';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { credentialWords as words } from '../words/credentials.ts';
import { Button } from './button.tsx';
import { FieldFlow } from './field-flow.tsx';
import { formatDate } from './format.ts';
import { groupsOf, positionsToCheck, sameGroup } from './secret-text.ts';
import { TextField } from './text-field.tsx';

export type RecoverySheetProps = {
  readonly code: string;
  readonly clinic: string;
  readonly device: string;
  /** Called once two groups have been typed back from the paper. */
  readonly onKept: () => void;
};

/** Shows a recovery code once, prints it, and lets nobody go on who cannot type part of it back. */
export function RecoverySheet({ code, clinic, device, onKept }: RecoverySheetProps) {
  const { now, zone } = useClinicTime();
  const groups = groupsOf(code);
  // Which groups are asked for is no secret; it only must not always be the first two.
  const [positions] = useState(() => positionsToCheck(groups.length, (now() % 997) / 997));
  const [typed, setTyped] = useState<readonly [string, string]>(['', '']);
  const right = positions.map((position, index) => sameGroup(typed[index] ?? '', groups[position] ?? ''));
  const complete = right.every(Boolean);
  return (
    <div className="recovery">
      <section className="recovery-paper" aria-label={words.recoveryLabel}>
        <p className="print-only recovery-head">{words.printedHead(clinic)}</p>
        <ol className="recovery-code plain">
          {groups.map((group, index) => (
            // Groups may repeat; their place is their identity.
            // oxlint-disable-next-line react/no-array-index-key
            <li key={index}>
              <span className="small muted">{index + 1}</span>
              <span className="secret">{group}</span>
            </li>
          ))}
        </ol>
        <p className="print-only">{words.printedExplain}</p>
        <p className="print-only small">{words.printedOn(formatDate(now(), zone), device)}</p>
      </section>
      <p className="prose screen-only">{words.recoveryExplain}</p>
      <div className="actions screen-only">
        <Button onPress={() => window.print()}>{words.print}</Button>
      </div>
      <div className="screen-only">
        <FieldFlow className="fields">
          <h3>{words.checkTitle}</h3>
          <div className="field-row">
            {positions.map((position, index) => {
              const text = typed[index] ?? '';
              return (
                <TextField
                  key={position}
                  label={words.checkGroup(position + 1)}
                  value={text}
                  onChange={(value) => setTyped(index === 0 ? [value, typed[1]] : [typed[0], value])}
                  error={text.length >= (groups[position]?.length ?? 0) && right[index] === false ? words.checkDiffers : null}
                  width="medium"
                />
              );
            })}
          </div>
          <div className="actions">
            <Button kind="primary" isDisabled={!complete} onPress={onKept}>
              {words.kept}
            </Button>
          </div>
        </FieldFlow>
      </div>
    </div>
  );
}
