import { KeyHint } from '../ui/key-hint.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { frameWords as words } from '../words/frame.ts';
import { useFrame } from './frame-context.ts';
import { SECTIONS, sectionsFor, type SectionId } from './places.ts';

/**
 * The places of the clinic that this role has work in, Alt+1 and on. A key whose section is left out still goes there
 * and is told whom it is for; what one may do the engine decides, not this list.
 */
export function Sections({ current }: { readonly current: SectionId }) {
  const { go } = useNavigation();
  const { status, sync } = useFrame();
  const conflicts = sync.at === 'ready' ? sync.value.conflicts : 0;
  return (
    <nav className="sections" aria-label={words.sections}>
      <ul className="plain">
        {sectionsFor(status.session.role).map((section) => (
          <li key={section}>
            <button type="button" className="section" aria-current={section === current ? 'page' : undefined} onClick={() => go({ to: section })}>
              <span>{words.section[section]}</span>
              {section === 'conflicts' && conflicts > 0 ? <span className="count count-attention">{conflicts}</span> : null}
              <KeyHint keys={`Alt+${SECTIONS.indexOf(section) + 1}`} />
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
