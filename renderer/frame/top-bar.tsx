import { Button as AriaButton } from 'react-aria-components/Button';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { useOutside } from '../outpost/audience.ts';
import { initials } from '../ui/format.ts';
import { KeyHint } from '../ui/key-hint.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { useRunCommand } from '../ui/use-keys.ts';
import { frameWords as words } from '../words/frame.ts';
import { useFrame } from './frame-context.ts';

export function TopBar({ onLock, onSwitch }: { readonly onLock: () => void; readonly onSwitch: () => void }) {
  const { status } = useFrame();
  const { go } = useNavigation();
  const runCommand = useRunCommand();
  const noPatients = useOutside('patients');
  const { session } = status;
  const act = (key: string | number): void => {
    if (key === 'lock') onLock();
    else if (key === 'switch') onSwitch();
    else go({ to: 'settings' });
  };
  return (
    <header className="topbar">
      <span className="topbar-brand">
        <strong>{words.product}</strong> <span className="muted">{status.clinic}</span>
      </span>
      <span className="spring" />
      {noPatients ? null : (
        <AriaButton className="topbar-search" onPress={() => go({ to: 'patients' })}>
          <span>{words.search}</span>
          <KeyHint keys="/" />
        </AriaButton>
      )}
      <AriaButton className="button button-quiet" onPress={() => runCommand('palette')}>
        <span>{words.commands}</span>
        <KeyHint keys="Ctrl+K" />
      </AriaButton>
      <MenuTrigger>
        <AriaButton className="account">
          <span className="account-face" aria-hidden="true">
            {initials(session.name)}
          </span>
          <span className="visually-hidden">{words.signedIn}</span>
          <span>
            {words.roles[session.role]} <bdi>{session.name}</bdi>
          </span>
          <span className="select-arrow" aria-hidden="true" />
        </AriaButton>
        <Popover className="popover" placement="bottom end">
          <Menu className="option-list" onAction={act} aria-label={words.account(session.name)}>
            <MenuItem id="lock" className="option option-keys" textValue={words.lock}>
              {words.lock} <KeyHint keys="Ctrl+L" />
            </MenuItem>
            <MenuItem id="switch" className="option option-keys" textValue={words.switchUser}>
              {words.switchUser} <KeyHint keys="Ctrl+U" />
            </MenuItem>
            <MenuItem id="settings" className="option" textValue={words.section.settings}>
              {words.section.settings}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </header>
  );
}
