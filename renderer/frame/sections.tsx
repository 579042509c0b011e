import { KeyHint } from '../ui/key-hint.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { frameWords as words } from '../words/frame.ts';
import { useFrame } from './frame-context.ts';
import { SECTIONS, type SectionId } from './places.ts';

/** The places of the clinic, Alt+1 and on. What one may do there the engine decides, not this list. */
export function Sections({ current }: { readonly current: SectionId }) {
  const { go } = useNavigation();
  const { sync } = useFrame();
  const conflicts = sync.at === 'ready' ? sync.value.conflicts : 0;
  return (
    <nav className="sections" aria-label={words.sections}>
      <ul className="plain">
        {SECTIONS.map((section, index) => (
          <li key={section}>
            <button type="button" className="section" aria-current={section === current ? 'page' : undefined} onClick={() => go({ to: section })}>
              <span>{words.section[section]}</span>
              {section === 'conflicts' && conflicts > 0 ? <span className="count count-attention">{conflicts}</span> : null}
              <KeyHint keys={`Alt+${index + 1}`} />
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
