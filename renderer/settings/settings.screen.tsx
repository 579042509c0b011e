import { useState } from 'react';
import { Tabs } from '../ui/tabs.tsx';
import { settingsWords as words } from '../words/settings.ts';
import { AboutPart } from './about.part.tsx';
import { PasswordPart } from './password.part.tsx';
import { SitePart } from './site.part.tsx';
import { StaffPart } from './staff.part.tsx';
import './settings.css';

type TabId = keyof typeof words.tabs;

/** What one may change here the engine decides; a refusal is shown where it was met. */
export function SettingsScreen() {
  const [tab, setTab] = useState<TabId>('staff');
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
          { id: 'staff', title: words.tabs.staff, content: <StaffPart /> },
          { id: 'site', title: words.tabs.site, content: <SitePart /> },
          { id: 'password', title: words.tabs.password, content: <PasswordPart /> },
          { id: 'about', title: words.tabs.about, content: <AboutPart /> },
        ]}
      />
    </div>
  );
}
