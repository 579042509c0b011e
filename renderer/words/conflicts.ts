const WHY: Readonly<Record<string, string>> = {
  careful: 'Two people wrote different things while apart. The most careful value counts until somebody decides.',
  newest: 'Two people wrote different things while apart. The newest value counts until somebody decides.',
};

/** Words of the conflict screen: two people wrote different things while apart, and a person decides. */
export const conflictsWords = {
  group: 'Conflicts',
  title: 'Conflicts',
  list: 'Open conflicts',
  emptyTitle: 'No open conflicts',
  empty: 'Where two workstations chart different things while apart, both are kept and shown here.',
  severity: { safety: 'Must be decided', review: 'To review' },
  /** Why a value counts meanwhile, by the engine's code for it. */
  why: (code: string) => WHY[code] ?? code,
  whyUsed: 'Used until somebody decides',
  kept: 'Kept beside it',
  values: 'What was written',
  positions: ['Left', 'Right', 'Third', 'Fourth', 'Fifth', 'Sixth'],
  position: (index: number) => conflictsWords.positions[index] ?? `Value ${index + 1}`,
  by: (who: string, role: string) => `${who}, ${role}`,
  at: (when: string, device: string) => `${when}, on ${device}`,
  clockSuspect: 'clock not trusted',
  decide: 'What is right',
  keep: (position: string, text: string) => `${position}: ${text}`,
  other: 'Another value',
  remove: 'None of them: take it out',
  otherLabel: 'The right value',
  otherWrong: 'Write a value of the same kind as the others.',
  reason: 'Reason',
  reasonHint: 'Such as “asked the patient today”, “checked the box”',
  missingChoice: 'Choose what is right.',
  missingReason: 'At least 3 characters.',
  resolve: 'Decide',
  openChart: 'Open the chart',
  allPatients: 'Conflicts of all patients',
  noPatient: 'No patient',
  absent: 'nothing',
} as const;
