import { useState } from 'react';
import { useOutside } from '../outpost/audience.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { TextField } from '../ui/text-field.tsx';
import { syncWords as words } from '../words/sync.ts';

/** As sync.enrol has it. */
const CODE_MAX_CHARACTERS = 400;

/** Joins a central server by the one-time code that it gave out. */
export function Enrol() {
  const enrol = useCommand('sync.enrol');
  const outside = useOutside('joining');
  const [code, setCode] = useState('');
  const [tried, setTried] = useState(false);
  const join = async (): Promise<void> => {
    setTried(true);
    if (code.trim() === '') return;
    const result = await enrol.run({ code: code.trim() });
    // The code is a secret and works once: it does not stay on the screen.
    if (result.ok) setCode('');
  };
  if (outside) return <p className="muted">{words.enrolOthers}</p>;
  return (
    <section className="panel sync-panel" aria-label={words.enrol}>
      <h2>{words.enrol}</h2>
      <p className="prose">{words.enrolText}</p>
      <FieldFlow className="sync-enrol" onEnd={() => void join()}>
        <TextField label={words.code} value={code} onChange={setCode} maxLength={CODE_MAX_CHARACTERS} error={tried && code.trim() === '' ? words.missingCode : null} />
        <Button kind="primary" busy={enrol.running} onPress={() => void join()}>
          {words.enrolNow}
        </Button>
      </FieldFlow>
      <p className="small muted">{words.enrolStick}</p>
      <FaultNotice fault={enrol.fault} />
    </section>
  );
}
