import { useMemo, useRef, useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { civilDateAt } from '../ui/civil-date.ts';
import { Choice } from '../ui/choice.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { formatAge, formatPartialDate } from '../ui/format.ts';
import { useKept } from '../ui/kept.ts';
import { FaultNotice, Notice } from '../ui/message.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { TextField } from '../ui/text-field.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { useDebounced } from '../ui/use-debounced.ts';
import { patientsWords as words } from '../words/patients.ts';
import { readBirth } from './birth-text.ts';
import { EMPTY_REGISTER, type RegisterForm, type RegisterProblem, completeDemographics, demographicsSoFar, formFromTyped, registerProblems } from './demographics-form.ts';
import { DuplicatesPart } from './duplicates.part.tsx';
import { MoreFields } from './more-fields.part.tsx';
import { useDuplicates, useRegister } from './patients.data.ts';
import './patients.css';

export type RegisterScreenProps = {
  /** What was searched for before: the name begins with it. */
  readonly typed?: string | undefined;
};

const COMPARE_AFTER_MS = 300;
const SEXES = (['female', 'male', 'other', 'unknown'] as const).map((value) => ({ value, label: words.sexes[value] }));

/** One page, the minimum first; people who may be the same stand beside the fields while typing. */
export function RegisterScreen({ typed }: RegisterScreenProps) {
  const { go } = useNavigation();
  const { now, zone } = useClinicTime();
  const today = useMemo(() => civilDateAt(now(), zone), [now, zone]);
  const [form, setForm, dropForm] = useKept(`register ${typed ?? ''}`, () => formFromTyped(typed));
  const [shown, setShown] = useState<readonly RegisterProblem['field'][]>([]);
  const [more, setMore] = useState(false);
  const [asking, setAsking] = useState(false);
  const register = useRegister();
  const compared = useDebounced(form, COMPARE_AFTER_MS);
  const duplicates = useDuplicates(demographicsSoFar(compared, today));
  // An answer about what stood here before is no answer: then the engine, which compares again, is the one to ask.
  const current = compared === form && duplicates.state.at === 'ready' && !duplicates.state.refreshing;
  const strong = current && duplicates.state.at === 'ready' && duplicates.state.value.candidates.some(({ strength }) => strength === 'strong');
  const root = useRef<HTMLDivElement>(null);

  const set = (field: keyof RegisterForm) => (value: string) => {
    setForm((before) => ({ ...before, [field]: value }));
    setAsking(false);
  };
  const save = async (notDuplicate: boolean): Promise<void> => {
    const problems = registerProblems(form, today);
    setShown(problems);
    const demographics = completeDemographics(form, today);
    if (demographics === null) return focusProblem(root.current);
    if (strong && !notDuplicate) return setAsking(true);
    const result = await register.run({ demographics, notDuplicate });
    if (result.ok) {
      dropForm();
      go({ to: 'chart', patient: result.value.patient });
    } else if (result.fault.code === 'DUPLICATE_SUSPECTED') setAsking(true);
  };
  useCommands([{ id: 'save', title: words.save, keys: 'Ctrl+Enter', group: words.group, run: () => void save(asking) }]);
  // Once a problem has been shown, it goes as soon as it is mended.
  const problems = registerProblems(form, today).filter((field) => shown.includes(field));
  const openExisting = (patient: RecordId): void => go({ to: 'chart', patient });

  return (
    <div className="screen register" ref={root}>
      <header className="screen-head">
        <h1>{words.registerTitle}</h1>
      </header>
      <div className="register-columns">
        <FieldFlow className="panel register-form">
          <div className="panel-body fields">
            <div className="field-row">
              <TextField label={words.family} value={form.family} onChange={set('family')} autoFocus error={problems.includes('family') ? words.familyMissing : null} maxLength={400} />
              <TextField label={words.given} value={form.given} onChange={set('given')} maxLength={400} />
              <TextField label={words.title} value={form.prefix} onChange={set('prefix')} width="short" optional maxLength={40} />
            </div>
            <div className="field-row">
              <BirthField value={form.birth} onChange={set('birth')} forced={problems.includes('birth')} />
              <Choice
                label={words.sex}
                options={SEXES}
                value={form.sex}
                onChange={(sex) => {
                  setForm((before) => ({ ...before, sex }));
                  setAsking(false);
                }}
                error={problems.includes('sex') ? words.sexMissing : null}
              />
            </div>
            <div className="field-row">
              <TextField label={words.phone} value={form.phone} onChange={set('phone')} inputMode="tel" optional width="medium" maxLength={60} />
              <span className="register-more">
                <Button kind="quiet" onPress={() => setMore(!more)} aria-expanded={more}>
                  {more ? words.moreOpen : words.more}
                </Button>
              </span>
            </div>
            {more ? <MoreFields form={form} set={set} /> : null}
            {asking ? <Notice tone="attention">{words.strongMatch}</Notice> : null}
            {register.fault?.code === 'DUPLICATE_SUSPECTED' ? null : <FaultNotice fault={register.fault} />}
            <div className="actions">
              <Button
                onPress={() => {
                  setForm(() => EMPTY_REGISTER);
                  setShown([]);
                  setAsking(false);
                }}
              >
                {words.clear}
              </Button>
              <span className="spring" />
              {asking ? (
                <Button kind="danger" keys="Ctrl+Enter" busy={register.running} onPress={() => void save(true)}>
                  {words.saveAnyway}
                </Button>
              ) : (
                <Button kind="primary" keys="Ctrl+Enter" busy={register.running} onPress={() => void save(false)}>
                  {words.save}
                </Button>
              )}
            </div>
          </div>
        </FieldFlow>
        <DuplicatesPart asked={duplicates.asked} state={duplicates.state} onOpen={openExisting} />
      </div>
    </div>
  );
}

/** Born, or age: what was understood stands under the field at once. */
function BirthField({ value, onChange, forced }: { readonly value: string; readonly onChange: (value: string) => void; readonly forced: boolean }) {
  const { now, zone } = useClinicTime();
  const [left, setLeft] = useState(false);
  const reading = readBirth(value, civilDateAt(now(), zone));
  const problem = reading.reads === 'problem' ? { 'not-read': words.birthNotRead, future: words.birthFuture, 'too-old': words.birthTooOld }[reading.problem] : null;
  const hint = reading.reads === 'date' ? <strong>{words.birthReads(formatPartialDate(reading.date), formatAge(reading.date, now(), zone))}</strong> : reading.reads === 'empty' && left ? words.birthNotKnown : words.birthHint;
  const type = (typed: string): void => {
    setLeft(false);
    onChange(typed);
  };
  return <TextField label={words.birth} value={value} onChange={type} onBlur={() => setLeft(true)} hint={hint} error={left || forced ? problem : null} />;
}

function focusProblem(root: HTMLElement | null): void {
  // The error is drawn with the next frame; the field it stands by is then marked.
  requestAnimationFrame(() => root?.querySelector<HTMLElement>('[aria-invalid="true"],[data-invalid] input')?.focus());
}
