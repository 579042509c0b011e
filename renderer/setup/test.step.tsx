import { Button } from '../ui/button.tsx';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { setupWords as words } from '../words/setup.ts';
import { type PartVerdict, judgeParts } from './part-verdicts.ts';
import { useParts } from './setup.data.ts';
import { StepFrame } from './step-frame.tsx';
import { useVerdict } from './use-verdict.ts';

/** Tries every part and says of each what it found. */
export function TestStep({ onDone }: { readonly onDone: () => void }) {
  const { zone } = useClinicTime();
  const { status, search, staff, sync, verify } = useParts();
  const { run } = verify;
  // Last, so that what is verified holds the traces of the other tests too.
  const [verified, setVerified] = useVerdict([status, search, staff, sync].every(({ at }) => at !== 'loading'), run);
  const parts = judgeParts({ status, search, staff, sync, verified }, zone);
  const again = (): void => {
    setVerified();
    status.again();
    search.again();
    staff.again();
    sync.again();
  };
  return (
    // What does not work the engine itself guards (a hold, a marked clock): nobody is locked out of the way to mend it.
    <StepFrame title={words.testTitle} onNext={onDone} nextLabel={parts.some(({ state }) => state === 'fails') ? words.finishAnyway : words.finish} nextDisabled={parts.some(({ state }) => state === 'waiting')} beside={<Button onPress={again}>{words.testAgain}</Button>}>
      <ul className="plain parts" aria-live="polite">
        {parts.map((part) => (
          <PartLine key={part.part} verdict={part} />
        ))}
      </ul>
    </StepFrame>
  );
}

function PartLine({ verdict }: { readonly verdict: PartVerdict }) {
  return (
    <li className="part">
      <span className={`part-sign part-${verdict.state}`} aria-hidden="true" />
      <strong>{words.parts[verdict.part]}</strong>
      <span className={verdict.state === 'fails' ? 'part-bad' : 'muted'}>{words.partState[verdict.state]}</span>
      <span className="part-words">{verdict.words}</span>
    </li>
  );
}
