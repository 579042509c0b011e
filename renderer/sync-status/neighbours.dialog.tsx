import { useState } from 'react';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { TextField } from '../ui/text-field.tsx';
import { neighboursWords as words } from '../words/neighbours.ts';
import { lineOf, NEIGHBOURS_MAX, neighboursIn, placeIn, placeOf, placeText } from './neighbours-form.ts';
import type { NeighboursView } from './neighbours.part.tsx';

/** An administrator says whether this workstation answers the others, and which of them it asks. */
export function NeighboursDialog({ view, onClose }: { readonly view: NeighboursView; readonly onClose: () => void }) {
  const answer = useCommand('neighbours.answer');
  const set = useCommand('neighbours.set');
  const initial = {
    address: view.answering === null ? '' : placeText(placeOf(view.answering.address)),
    list: view.neighbours.map(({ device, address }) => lineOf(device, placeOf(address))).join('\n'),
  };
  const [answers, setAnswers] = useState(view.answering !== null);
  const [address, setAddress] = useState(initial.address);
  const [list, setList] = useState(initial.list);
  const [tried, setTried] = useState(false);
  const place = placeIn(address);
  const read = neighboursIn(list);
  const save = async (): Promise<void> => {
    setTried(true);
    if ((answers && place === null) || !read.ok) return;
    const listen = answers ? place : null;
    // Where an address was to be had and is not, saying so once more tries again.
    const same = listen === null ? view.answering === null && view.answeringFault === null : placeText(listen) === initial.address;
    if (!same && !(await answer.run({ listen })).ok) return;
    if (list.trim() !== initial.list && !(await set.run({ neighbours: [...read.neighbours] })).ok) return;
    onClose();
  };
  const wrong = read.ok ? null : 'line' in read ? words.listWrong(read.line) : words.tooMany(NEIGHBOURS_MAX);
  return (
    <Dialog
      title={words.dialogTitle}
      onClose={onClose}
      commands={[{ id: 'neighbours.save', title: words.save, keys: 'Ctrl+Enter', group: words.group, run: () => void save() }]}
      actions={
        <Button kind="primary" keys="Ctrl+Enter" busy={answer.running || set.running} onPress={() => void save()}>
          {words.save}
        </Button>
      }
    >
      <FieldFlow className="fields">
        <Checkbox label={words.answer} value={answers} onChange={setAnswers} />
        {answers ? <TextField label={words.address} value={address} onChange={setAddress} hint={words.addressHint} error={tried && place === null ? words.addressWrong : null} maxLength={270} width="medium" required /> : null}
        {answers && place !== null ? (
          <p>
            {words.ownLine}: <code className="neighbours-own">{lineOf(view.id, place)}</code>
          </p>
        ) : null}
        <TextField label={words.list} value={list} onChange={setList} rows={4} hint={words.listHint} error={tried ? wrong : null} maxLength={6000} optional />
        <FaultNotice fault={answer.fault ?? set.fault} />
      </FieldFlow>
    </Dialog>
  );
}
