import type { ReactNode } from 'react';
import { Dialog as AriaDialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { uiWords } from '../words/ui.ts';
import { Button } from './button.tsx';
import { type ScreenCommand, useCommands } from './use-keys.ts';

export type DialogProps = {
  readonly title: string;
  readonly onClose: () => void;
  /** Whose chart is written into: a compact `PatientBanner`. */
  readonly banner?: ReactNode;
  readonly children: ReactNode;
  /** Buttons at the end; the way back (Esc) is always there. */
  readonly actions?: ReactNode;
  /** Keys that act while this dialog is on top, such as Ctrl+Enter to save. */
  readonly commands?: readonly ScreenCommand[];
  readonly width?: 'narrow' | 'medium' | 'wide';
  /** `alertdialog` for what must be answered before anything else. */
  readonly role?: 'dialog' | 'alertdialog';
  readonly closeLabel?: string;
};

/** Stands over the screen while mounted: render it to open it. Focus is kept inside and given back at the end. */
export function Dialog({ title, onClose, banner, children, actions, commands = [], width = 'medium', role = 'dialog', closeLabel = uiWords.cancel }: DialogProps) {
  useCommands(commands, true);
  return (
    <ModalOverlay className="overlay" isOpen isKeyboardDismissDisabled={false} onOpenChange={(open) => (open ? undefined : onClose())}>
      <Modal className={`modal modal-${width}`}>
        <AriaDialog className="dialog" role={role}>
          <header className="dialog-head">
            <Heading slot="title" className="dialog-title">
              {title}
            </Heading>
          </header>
          {banner}
          <div className="dialog-body">{children}</div>
          <footer className="dialog-foot">
            <Button kind="quiet" keys="Esc" onPress={onClose}>
              {closeLabel}
            </Button>
            <span className="spring" />
            {actions}
          </footer>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
