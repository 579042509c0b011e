import { useState } from 'react';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/choice.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { Select } from '../ui/select.tsx';
import { TextField } from '../ui/text-field.tsx';
import { trailWords } from '../words/trail.ts';
import { KIND_GROUP_NAMES, NO_FILTER, readFilter, type TypedFilter } from './trail-filter.ts';

const words = trailWords.filters;
const GROUPS = KIND_GROUP_NAMES.map((value) => ({ value, label: words.groups[value] }));

/** Asked for with a button, not with every key: each look at the trail is itself an entry. */
export function TrailFilters({ filter, onFilter }: { readonly filter: TypedFilter; readonly onFilter: (filter: TypedFilter) => void }) {
  const { zone } = useClinicTime();
  const [typed, setTyped] = useState(filter);
  const [tried, setTried] = useState(false);
  const { wrong } = readFilter(typed, zone);
  const apply = (next: TypedFilter): void => {
    setTyped(next);
    setTried(true);
    if (readFilter(next, zone).wrong.length === 0) onFilter(next);
  };
  const errorOf = (end: 'from' | 'to'): string | null => (tried && wrong.includes(end) ? words.badDate : null);
  return (
    <section aria-label={words.region}>
      <FieldFlow className="trail-filters" onEnd={() => apply(typed)}>
        <TextField label={words.user} value={typed.user} onChange={(user) => setTyped({ ...typed, user })} width="medium" maxLength={200} />
        <Select label={words.group} options={GROUPS} value={typed.group} onChange={(group) => apply({ ...typed, group })} width="medium" />
        <TextField label={words.from} value={typed.from} onChange={(from) => setTyped({ ...typed, from })} hint={words.dateHint} error={errorOf('from')} width="short" maxLength={10} />
        <TextField label={words.to} value={typed.to} onChange={(to) => setTyped({ ...typed, to })} hint={words.dateHint} error={errorOf('to')} width="short" maxLength={10} />
        <Checkbox label={words.refusedOnly} value={typed.refusedOnly} onChange={(refusedOnly) => apply({ ...typed, refusedOnly })} />
        <Button onPress={() => apply(typed)}>{words.apply}</Button>
        <Button kind="quiet" onPress={() => apply(NO_FILTER)}>
          {words.clear}
        </Button>
      </FieldFlow>
    </section>
  );
}
