/** Who a part of the window is for, where that is not everybody. */
export const audienceWords = {
  rule: (rule: string) => `This is settled by rule ${rule}.`,
  parts: {
    trail: { what: 'Administrators and auditors read the trail.', todo: 'If a patient asks who has seen their chart, pass the question on to one of them.' },
    charts: { what: 'Physicians and nurses open charts.', todo: 'Who the patient is and how to reach them is yours to keep; for anything else ask one of them.' },
    import: { what: 'Physicians and administrators import files.', todo: 'Ask one of them. A single patient can be registered by hand with N.' },
    prescribing: { change: 'Only physicians change prescriptions.', what: 'Only physicians prescribe.', todo: 'Ask a physician to prescribe. What the patient already takes can be written in the note with S.' },
  },
} as const;

/** A chart that is not open to whoever asks: to this clinician, or to the front desk. */
export const chartAccessWords = {
  restricted: {
    title: 'This chart is not open to you',
    what: 'It is kept for the people who look after this patient.',
    todo: 'Ask one of them. If the patient cannot wait, open it for one hour with a reason: the privacy officer reviews each time.',
  },

  frontDesk: {
    number: (number: string) => `On file. The number for the card is ${number}.`,
    noNumber: 'On file, without a card number.',
    back: 'Back to the patients',
  },
} as const;
