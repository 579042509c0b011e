import type { Contested } from '../../shared/ipc/shapes.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { elementWord } from '../words/chart.ts';
import { contestedWords as words } from '../words/ui.ts';
import { elementText } from './resource-words.ts';

/** One value of an element in words; what was taken out says so. */
export function useValueWords(): (field: string, json: string | null) => string {
  const { zone } = useClinicTime();
  return (field, json) => (json === null ? words.nothing : elementText(field, json, zone));
}

/** Several people wrote different things here: how many values there are, and whether the one that is shown is the careful one. */
export function ContestedMark({ contested, brief = false }: { readonly contested: Pick<Contested, 'basis' | 'values'>; readonly brief?: boolean }) {
  const { basis, values } = contested;
  return (
    <span className={`contested contested-${basis}`}>
      <span className={`mark ${basis === 'unsettled' ? 'mark-danger' : 'mark-attention'}`} aria-hidden="true" />
      {brief ? words.brief(values.length) : words[basis](values.length)}
    </span>
  );
}

/** Of several contested fields the one that must not be overlooked: one without a safe value before one with. */
export function mostPressing(contested: readonly Contested[]): Contested | null {
  const safety = contested.filter(({ severity }) => severity === 'safety');
  return safety.find(({ basis }) => basis === 'unsettled') ?? safety[0] ?? null;
}

/** In a line of a list: that there are several values, or that there is something to review. `brief` where there is no room for more. */
export function ContestedTag({ item, brief = false }: { readonly item: { readonly conflict: boolean; readonly contested: readonly Contested[] }; readonly brief?: boolean }) {
  const pressing = mostPressing(item.contested);
  if (pressing !== null) return <ContestedMark contested={pressing} brief={brief} />;
  return item.conflict ? <strong className="tag tag-attention">{words.review}</strong> : null;
}

/** The marks of everything in a record that has several values, each with its field and, where none is the safe one, all values. */
export function ContestedFields({ contested, named = true }: { readonly contested: readonly Contested[]; readonly named?: boolean }) {
  const valueWords = useValueWords();
  const shown = contested.filter(({ severity }) => severity === 'safety');
  return shown.map((each) => (
    <span key={each.field} className="contested-field">
      {named ? <span className="contested-name">{elementWord(each.field)}: </span> : null}
      {each.basis === 'unsettled' ? <bdi className="contested-values">{each.values.map(({ json }) => valueWords(each.field, json)).join(words.or)} </bdi> : null}
      <ContestedMark contested={each} />
    </span>
  ));
}
