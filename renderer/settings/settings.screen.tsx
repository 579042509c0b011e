import { useState } from 'react';
import { useOutside } from '../outpost/audience.ts';
import { Tabs } from '../ui/tabs.tsx';
import { settingsWords as words } from '../words/settings.ts';
import { AboutPart } from './about.part.tsx';
import { PasswordPart } from './password.part.tsx';
import { SitePart } from './site.part.tsx';
import { StaffPart } from './staff.part.tsx';
import './settings.css';

type TabId = keyof typeof words.tabs;

/** Staff for those who keep or read the list; for everybody else their own password first. A refusal is shown where it was met. */
export function SettingsScreen() {
  const noStaff = useOutside('staff');
  const [tab, setTab] = useState<TabId>(noStaff ? 'password' : 'staff');
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{words.title}</h1>
      </header>
      <Tabs
        label={words.tabsLabel}
        selected={tab}
        onSelect={setTab}
        tabs={[
          ...(noStaff ? [] : [{ id: 'staff' as const, title: words.tabs.staff, content: <StaffPart /> }]),
          { id: 'site', title: words.tabs.site, content: <SitePart /> },
          { id: 'password', title: words.tabs.password, content: <PasswordPart /> },
          { id: 'about', title: words.tabs.about, content: <AboutPart /> },
        ]}
      />
    </div>
  );
}
