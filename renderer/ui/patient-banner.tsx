import type { Banner, Contested } from '../../shared/ipc/shapes.ts';
import { bannerWords as words, formatWords } from '../words/ui.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { ContestedMark, useValueWords } from './contested.tsx';
import { formatAge, formatAgo, formatDate, formatDateTime, formatName, formatNumber, formatPartialDate, formatSex, formatUnit } from './format.ts';
import { KeyHint } from './key-hint.tsx';

export type PatientBannerProps = {
  readonly banner: Banner;
  /** One line, for dialogs and beside the cursor of an editor. */
  readonly compact?: boolean;
  readonly onConflicts?: () => void;
};

/** Who this chart is of: the same in chart, dialog, print and conflict screen. Never scrolls away. */
export function PatientBanner({ banner, compact = false, onConflicts }: PatientBannerProps) {
  const { now, zone } = useClinicTime();
  const age = formatAge(banner.birthDate, now(), zone);
  return (
    <section className={`banner${compact ? ' banner-compact' : ''}${banner.breakGlass === null ? '' : ' banner-glass'}`} aria-label={words.region}>
      <div className="banner-line">
        <strong className="banner-name">
          <bdi>{formatName(banner)}</bdi>
        </strong>
        <Others contested={banner.contested} field="name" />
        <span>
          <span className="banner-label">{words.born}</span> {formatPartialDate(banner.birthDate)}
          {age === null ? null : ` (${age})`} <Others contested={banner.contested} field="birthDate" />
        </span>
        <span>
          {formatSex(banner.sex)} <Others contested={banner.contested} field="gender" />
        </span>
        <span>
          {banner.number === null ? words.noNumber : <><span className="banner-label">{words.number}</span> {banner.number}</>} <Others contested={banner.contested} field="identifier" />
        </span>
        {banner.deceased ? <strong className="tag tag-plain">{words.deceased}</strong> : null}
        {banner.restricted ? <strong className="tag tag-attention">{words.restricted}</strong> : null}
      </div>
      {banner.openConflicts === 0 ? null : <Conflicts count={banner.openConflicts} onOpen={onConflicts} />}
      <div className="banner-line banner-second">
        <span className="banner-allergies">
          <span className="banner-label">{words.allergies}</span> <Allergies allergies={banner.allergies} zone={zone} />
        </span>
        {/* Not shown is not the same as not known. */}
        {banner.allergies.state === 'withheld' && banner.weight === null ? null : (
          <span>
            {banner.weight === null ? (
              <span className="banner-label">{words.weightUnknown}</span>
            ) : (
              <>
                <span className="banner-label">{words.weight}</span> {formatNumber(banner.weight.value, 2)} {formatUnit(banner.weight.unit)}, {formatAgo(banner.weight.at, now())}{' '}
                <Others contested={banner.weight.contested === null ? [] : [banner.weight.contested]} field="valueQuantity" />
              </>
            )}
          </span>
        )}
      </div>
      {banner.sameAs.map((other) => (
        <p key={other.patient} className="banner-line">
          <span className="mark mark-attention" aria-hidden="true" />
          {words.sameAs(formatName({ ...other, prefix: null }), other.number ?? words.noNumber)}
        </p>
      ))}
      {banner.breakGlass === null ? null : <p className="banner-glass-line">{words.breakGlass(banner.breakGlass.reason, formatDateTime(banner.breakGlass.until, zone))}</p>}
    </section>
  );
}

/** What others wrote of the same thing, beside what is shown: of two birth dates neither is the one to give a dose by. */
function Others({ contested, field }: { readonly contested: readonly Contested[]; readonly field: string }) {
  const valueWords = useValueWords();
  const found = contested.find((each) => each.field === field);
  if (found === undefined) return null;
  const others = found.values.filter(({ used }) => !used).map(({ json }) => valueWords(field, json));
  return (
    <span className="contested-field">
      <bdi className="contested-values">{words.orElse(others.join(words.or))}</bdi>
      <ContestedMark contested={found} />
    </span>
  );
}

function Conflicts({ count, onOpen }: { readonly count: number; readonly onOpen: (() => void) | undefined }) {
  if (onOpen === undefined) return <strong className="tag tag-attention banner-conflicts">{words.openConflicts(count)}</strong>;
  return (
    <button type="button" className="tag tag-attention tag-button banner-conflicts" onClick={onOpen}>
      {words.openConflicts(count)} <KeyHint keys="C" />
    </button>
  );
}

/** A list, none known, not asked, a conflict, not for this role: each has its own words and its own look. */
function Allergies({ allergies, zone }: { readonly allergies: Banner['allergies']; readonly zone: string }) {
  if (allergies.state === 'withheld') return <span className="banner-label">{words.withheld}</span>;
  if (allergies.state === 'not-asked') return <strong className="tag tag-attention">{words.notAsked}</strong>;
  if (allergies.state === 'none-known') {
    return (
      <span>
        {words.noneKnown} <span className="banner-label">{allergies.askedAt === null ? '' : words.asked(formatDate(allergies.askedAt, zone))}</span>
      </span>
    );
  }
  const items = allergies.items.map((item) => (
    // One allergy of which people wrote different substances stands here once for each.
    <li key={`${item.record} ${item.text}`} className={item.criticality === 'high' ? 'allergy-severe' : ''}>
      <bdi>{item.criticality === 'high' ? item.text.toLocaleUpperCase() : item.text}</bdi>
      {/* Capitals and colour are for the eye alone. */}
      {item.criticality === 'high' ? <span className="visually-hidden"> {words.severe}</span> : null}
      {item.reaction === null ? '' : ` (${item.reaction})`}
    </li>
  ));
  return (
    <>
      {allergies.state === 'conflict' ? <strong className="tag tag-danger">{words.conflict}</strong> : null}
      {items.length === 0 ? <span>{formatWords.notKnown}</span> : <ul className="allergy-list">{items}</ul>}
    </>
  );
}
