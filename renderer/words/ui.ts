/** Words of the shared kit. */
export const uiWords = {
  close: 'Close',
  cancel: 'Cancel',
  tryAgain: 'Try again',
  loading: 'Loading',
  working: 'Working',
  optional: 'optional',
  staleSince: (when: string) => `Shown as of ${when}. Asking again failed.`,
  notANumber: 'Write digits, with a dot or comma for the fraction.',
  numberRange: (minimum: string, maximum: string) => `Between ${minimum} and ${maximum}.`,
  showPassword: 'Show',
  hidePassword: 'Hide',
  progressOf: (done: string, total: string) => `${done} of ${total}`,
  deniedTitle: 'Not allowed',
  failedTitle: 'This did not work',
  whatIsSafe: 'Nothing that was saved before is lost.',
  /** `default` is what refuses where no rule permits. */
  rule: (rule: string) => (/(^|\/)default$/.test(rule) ? 'No rule allows it.' : `Refused by rule ${rule}.`),
  qrCode: 'QR code',
} as const;

/** How dates, ages and names are spelt. */
export const formatWords = {
  months: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
  notKnown: 'Not known',
  newborn: 'today',
  age: { minutes: 'min', hours: 'h', days: 'd', weeks: 'w', months: 'm', years: 'y' },
  about: (age: string) => `about ${age}`,
  sex: { female: 'Female', male: 'Male', other: 'Other', unknown: 'Sex not known' },
  justNow: 'just now',
  ago: (duration: string) => `${duration} ago`,
  inFuture: (duration: string) => `in ${duration}`,
  duration: { seconds: 's', minutes: 'min', hours: 'h', days: 'd', months: 'months', monthsBrief: 'mo', years: 'y' },
  bytes: ['B', 'KB', 'MB', 'GB'],
} as const;

/** The patient banner: four states of allergies that never look alike. */
export const bannerWords = {
  region: 'Patient',
  born: 'Born',
  number: 'No.',
  noNumber: 'No card number',
  deceased: 'Deceased',
  restricted: 'Restricted chart',
  allergies: 'Allergies',
  noneKnown: 'No known allergies',
  asked: (date: string) => `(asked ${date})`,
  notAsked: 'Not asked',
  withheld: 'Shown to clinicians only',
  conflict: 'Conflict: see both',
  severe: 'severe',
  weight: 'Weight',
  weightUnknown: 'Weight not known',
  or: ' or ',
  orElse: (others: string) => `or ${others}`,
  sameAs: (name: string, number: string) => `Also has the chart ${name}, ${number}`,
  openConflicts: (count: number) => (count === 1 ? '1 open conflict' : `${count} open conflicts`),
  breakGlass: (reason: string, until: string) => `Emergency access: ${reason}. Until ${until}. Every step is reviewed.`,
} as const;

/** The mark of a field in which several people wrote different things while apart. */
export const contestedWords = {
  careful: (values: number) => `${values} values: careful one used`,
  unsettled: (values: number) => `${values} values: look before use`,
  newest: (values: number) => `${values} values: newest shown`,
  brief: (values: number) => `${values} values`,
  review: 'to review',
  or: ' or ',
  nothing: 'nothing',
} as const;
