import { useState } from 'react';
import type { StaffMember } from '../../shared/ipc/shapes.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice, Message, Notice } from '../ui/message.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { settingsWords as words } from '../words/settings.ts';
import { AddStaffDialog } from './add-staff.dialog.tsx';
import { useSetActive, useStaff } from './settings.data.ts';

/** Who signs in on this workstation. Accounts are closed, never deleted. */
export function StaffPart() {
  const staff = useStaff();
  const [adding, setAdding] = useState(false);
  const [closing, setClosing] = useState<StaffMember | null>(null);
  const [added, setAdded] = useState<string | null>(null);
  const setActive = useSetActive();
  useCommands([{ id: 'register', title: words.add, keys: 'N', group: words.group, run: () => setAdding(true) }]);
  return (
    <div className="fields">
      <div className="screen-head">
        <p className="prose muted">{words.staffIntro}</p>
        <span className="spring" />
        <Button keys="N" onPress={() => setAdding(true)}>
          {words.add}
        </Button>
      </div>
      {added === null ? null : <Notice tone="quiet">{words.added(added)}</Notice>}
      <FaultNotice fault={setActive.fault} />
      <CallView state={staff}>
        {({ staff: members }) =>
          members.length === 0 ? (
            <Message tone="quiet" title={words.staffEmpty} />
          ) : (
            <div className="panel">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{words.name}</th>
                    <th scope="col">{words.login}</th>
                    <th scope="col">{words.role}</th>
                    <th scope="col">{words.state}</th>
                    <th scope="col">
                      <span className="visually-hidden">{words.actions}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {members.map((member) => (
                    <tr key={member.userId}>
                      <th scope="row" className="staff-name">
                        <bdi>{member.name}</bdi>
                      </th>
                      <td>{member.login}</td>
                      <td>{words.roles[member.role].label}</td>
                      <td>{member.active ? words.active : <span className="tag">{words.closed}</span>}</td>
                      <td className="staff-action">
                        {member.active ? (
                          <Button kind="quiet" onPress={() => setClosing(member)} aria-label={`${words.close}: ${member.name}`}>
                            {words.close}
                          </Button>
                        ) : (
                          <Button kind="quiet" onPress={() => void setActive.run({ userId: member.userId, active: true })} aria-label={`${words.reopen}: ${member.name}`}>
                            {words.reopen}
                          </Button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </CallView>
      {adding ? (
        <AddStaffDialog
          onClose={() => setAdding(false)}
          onAdded={(name) => {
            setAdding(false);
            setAdded(name);
          }}
        />
      ) : null}
      {closing === null ? null : <CloseDialog member={closing} onClose={() => setClosing(null)} />}
    </div>
  );
}

function CloseDialog({ member, onClose }: { readonly member: StaffMember; readonly onClose: () => void }) {
  const setActive = useSetActive();
  const close = async (): Promise<void> => {
    const result = await setActive.run({ userId: member.userId, active: false });
    if (result.ok) onClose();
  };
  return (
    <Dialog
      title={words.closeTitle(member.name)}
      onClose={onClose}
      role="alertdialog"
      width="narrow"
      actions={
        <Button kind="danger" busy={setActive.running} onPress={() => void close()}>
          {words.closeConfirm}
        </Button>
      }
    >
      <p>{words.closeExplain}</p>
      <FaultNotice fault={setActive.fault} />
    </Dialog>
  );
}
