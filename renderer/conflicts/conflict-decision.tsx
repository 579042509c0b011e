import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { FieldError } from 'react-aria-components/FieldError';
import { Label } from 'react-aria-components/Label';
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup';
import type { Result } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { useValueWords } from '../ui/contested.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import type { Conflict } from './conflicts.data.ts';
import type { Decided } from './conflict-detail.tsx';
import { decisionOf, needsReason, type Option, optionsOf, seenIn } from './decision.ts';
import { startingText } from './other-value.ts';
import { reasonIn, REASONS } from './reason.ts';
import { ValueFacts, valuesClass } from './value-card.tsx';

/** As conflicts.resolve has it. */
const REASON_MIN_CHARACTERS = 3;

type Props = {
  readonly conflict: Conflict;
  readonly again: Decided | null;
  /** False where this person may look and ask, not decide. */
  readonly offered: boolean;
  readonly onAsk: () => void;
  readonly onDecided: (decided: Decided) => void;
  readonly onKeep: () => void;
};

/** A person says what is right, and why: a number, a few words, Enter. */
export function ConflictDecision({ conflict, again, offered, onAsk, onDecided, onKeep }: Props) {
  const resolve = useCommand('conflicts.resolve');
  const settle = useCommand('conflicts.settle');
  const valueWords = useValueWords();
  const options = offered ? optionsOf(conflict) : [];
  const start = startingText(conflict.field, conflict.values.map(({ json }) => json));
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState(start.text);
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const reasonField = useRef<HTMLInputElement>(null);
  const typedField = useRef<HTMLInputElement>(null);

  const option = options.find(({ id }) => id === chosen) ?? null;
  const decision = option === null ? null : decisionOf(conflict, option, typed, reasonIn(reason), again === null ? seenIn(conflict) : [again.entry]);
  const noReason = needsReason(conflict) && reasonIn(reason).length < REASON_MIN_CHARACTERS;
  const choose = ({ id, kind }: Option): void => {
    // What is typed next is the value, or the reason, from the first letter on, which would else be taken for a command.
    const focus = (): void => (kind === 'other' ? typedField : reasonField).current?.focus();
    flushSync(() => setChosen(id));
    focus();
    // A card chosen by the mouse takes the focus itself once it is let go.
    requestAnimationFrame(focus);
  };
  const decide = async (): Promise<void> => {
    setTried(true);
    if (option === null || decision === null || noReason) return;
    const done: Result<{ readonly entry: string }, FaultCode> = decision.call === 'conflicts.resolve' ? await resolve.run(decision.input) : await settle.run(decision.input);
    if (done.ok) onDecided({ conflict, entry: done.value.entry, what: wordsFor(option, conflict, typed, valueWords), mayUndo: decision.call === 'conflicts.resolve' });
  };
  const running = resolve.running || settle.running;
  useCommands([
    ...options.map((each) => ({ id: `conflict.choose.${each.id}`, title: each.kind === 'value' ? words.choose(each.key) : each.label, keys: each.key, group: words.group, run: () => choose(each) })),
    ...(offered ? [{ id: 'conflict.decide', title: words.resolve, keys: 'Ctrl+Enter', group: words.group, run: () => void decide() }] : []),
    ...(again === null ? [] : [{ id: 'back', title: words.keep, keys: 'Esc', group: words.group, run: onKeep }]),
  ]);
  return (
    <FieldFlow className="conflict-decision" onEnd={() => void decide()}>
      {offered ? (
        <>
          <Options conflict={conflict} options={options} chosen={chosen} onChoose={choose} missing={tried && chosen === null} meanwhile={again === null} />
          {option?.kind === 'other' ? (
            <TextField label={words.otherLabel} value={typed} onChange={setTyped} inputRef={typedField} suffix={start.unit ?? undefined} hint={/(Date|DateTime)$/.test(conflict.field) ? words.otherHintDate : undefined} error={tried && decision === null ? words.otherWrong : null} width="medium" required />
          ) : null}
          <TextField label={words.reason} value={reason} onChange={setReason} inputRef={reasonField} hint={<ReasonHint typed={reason} />} error={tried && noReason ? words.missingReason : null} maxLength={1000} required={needsReason(conflict)} optional={!needsReason(conflict)} />
        </>
      ) : null}
      <FaultNotice fault={resolve.fault ?? settle.fault} />
      <div className="actions">
        {offered ? (
          <Button kind="primary" keys="Ctrl+Enter" busy={running} onPress={() => void decide()}>
            {words.resolve}
          </Button>
        ) : null}
        {again === null && conflict.patient !== null ? (
          <Button kind={offered ? 'plain' : 'primary'} keys="A" onPress={onAsk}>
            {words.ask}
          </Button>
        ) : null}
        {again === null ? null : (
          <Button keys="Esc" onPress={onKeep}>
            {words.keep}
          </Button>
        )}
      </div>
    </FieldFlow>
  );
}

type OptionsProps = { readonly conflict: Conflict; readonly options: readonly Option[]; readonly chosen: string | null; readonly onChoose: (option: Option) => void; readonly missing: boolean; readonly meanwhile: boolean };

/** The values as cards, then whatever is none of them; the number or letter of each chooses it. */
function Options({ conflict, options, chosen, onChoose, missing, meanwhile }: OptionsProps) {
  const indexOf = (option: Option): number | null => (option.kind === 'value' || option.kind === 'settle' ? option.index : null);
  const cards = options.filter((option) => indexOf(option) !== null);
  const others = options.filter((option) => indexOf(option) === null);
  return (
    <RadioGroup
      className="field"
      value={chosen}
      onChange={(id) => {
        const option = options.find((each) => each.id === id);
        if (option !== undefined) onChoose(option);
      }}
      isInvalid={missing}
      validationBehavior="aria"
    >
      <Label className="field-label">{words.decide}</Label>
      {cards.length === 0 ? null : (
        <div className={valuesClass(conflict)}>
          {cards.map((option) => {
            const value = conflict.values[indexOf(option) ?? 0];
            return value === undefined ? null : (
              <Radio key={option.id} value={option.id} className={`conflict-value conflict-choice`}>
                <ValueFacts conflict={conflict} value={value} caption={option.key} meanwhile={meanwhile} />
              </Radio>
            );
          })}
        </div>
      )}
      {others.length === 0 ? null : (
        <div className="conflict-others">
          {others.map((option) => (
            <Radio key={option.id} value={option.id} className="choice-option conflict-other">
              <span className="choice-dot" aria-hidden="true" />
              <kbd>{option.key}</kbd>
              <span>{option.kind === 'value' ? '' : option.label}</span>
            </Radio>
          ))}
        </div>
      )}
      <FieldError className="field-error">{missing ? words.missingChoice : null}</FieldError>
    </RadioGroup>
  );
}

/** The usual reasons with their numbers, or what the number that stands there means. */
function ReasonHint({ typed }: { readonly typed: string }) {
  const meant = reasonIn(typed);
  if (meant !== typed.trim()) return <>{words.reasonMeant(meant)}</>;
  return (
    <>
      {words.reasonHint}
      {REASONS.map((reason, index) => (
        <span key={reason} className="conflict-reason">
          <kbd>{index + 1}</kbd> {reason}
        </span>
      ))}
    </>
  );
}

function wordsFor(option: Option, conflict: Conflict, typed: string, valueWords: (field: string, json: string | null) => string): string {
  if (option.kind === 'value') return valueWords(conflict.field, option.json);
  return option.kind === 'other' ? typed.trim() : option.label;
}
