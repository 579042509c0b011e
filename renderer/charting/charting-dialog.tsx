import { type ReactNode, useRef } from 'react';
import type { Fault } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FieldFlow } from '../ui/field-flow.tsx';
import { FaultNotice } from '../ui/message.tsx';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { chartingWords as words } from '../words/charting.ts';
import type { Chart } from './charting.data.ts';

export type ChartingDialogProps = {
  readonly title: string;
  readonly banner: Chart['banner'];
  readonly saveLabel: string;
  readonly onSave: () => void;
  readonly onClose: () => void;
  readonly busy: boolean;
  readonly fault: Fault<FaultCode> | null;
  /** Which encounter this goes into; left out where it needs none. */
  readonly encounter?: ReactNode;
  readonly width?: 'narrow' | 'medium' | 'wide';
  readonly children: ReactNode;
};

/** One form that writes into one chart: whose, what, where it goes, and Ctrl+Enter to save. */
export function ChartingDialog({ title, banner, saveLabel, onSave, onClose, busy, fault, encounter, width = 'medium', children }: ChartingDialogProps) {
  const root = useRef<HTMLDivElement>(null);
  const save = (): void => {
    onSave();
    // What is wrong is marked with the next drawing; that is where one goes on typing.
    requestAnimationFrame(() => root.current?.querySelector<HTMLElement>('[aria-invalid="true"],[data-invalid] input')?.focus());
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      banner={<PatientBanner banner={banner} compact />}
      width={width}
      commands={[{ id: 'charting.save', title: saveLabel, keys: 'Ctrl+Enter', group: words.group, run: save }]}
      actions={
        <Button kind="primary" keys="Ctrl+Enter" busy={busy} onPress={save}>
          {saveLabel}
        </Button>
      }
    >
      <div ref={root}>
        <FieldFlow className="charting-form">
          {children}
          <FaultNotice fault={fault} />
          {encounter}
        </FieldFlow>
      </div>
    </Dialog>
  );
}
