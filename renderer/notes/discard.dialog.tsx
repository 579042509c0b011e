import type { RecordId } from '../../shared/base/ids.ts';
import { useCommand } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { notesWords as words } from '../words/notes.ts';
import type { DraftKeeper } from './draft-keeper.ts';
import type { Chart, DraftInput } from './notes.data.ts';

type Props = { readonly patient: RecordId; readonly banner: Chart['banner']; readonly keeper: DraftKeeper<DraftInput>; readonly onClose: () => void; readonly onDiscarded: () => void };

export function DiscardDialog({ patient, banner, keeper, onClose, onDiscarded }: Props) {
  const discard = useCommand('drafts.discard');
  const run = async (): Promise<void> => {
    await keeper.hold();
    const result = await discard.run({ patient });
    if (result.ok) onDiscarded();
    else keeper.release();
  };
  return (
    <Dialog
      title={words.discardTitle}
      role="alertdialog"
      width="narrow"
      closeLabel={words.keepDraft}
      onClose={onClose}
      banner={<PatientBanner banner={banner} compact />}
      actions={
        <Button kind="danger" busy={discard.running} onPress={() => void run()}>
          {words.discard}
        </Button>
      }
    >
      <p>{words.discardText}</p>
      <FaultNotice fault={discard.fault} />
    </Dialog>
  );
}
