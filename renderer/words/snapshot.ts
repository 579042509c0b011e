/** Filling a new workstation from a USB stick or a folder. */
export const snapshotWords = {
  title: 'Start from a USB stick or a file',
  text: 'On a slow line, central can write its records to a stick for this workstation alone. Choose the folder it wrote. Allergies and recent work come first, and you can work while the rest loads.',
  forWhom: (id: string) => `Whoever looks after central writes it with: central snapshot ${id} --out FOLDER`,
  open: 'Start from a USB stick or a file…',
  choose: 'Choose the folder',
  chooseAgain: 'Choose again',
  loading: 'Files taken from the stick',
  preparing: 'Reading what the stick holds',
  workMeanwhile: 'You can go to other screens and work: it goes on. Leave the stick in.',
  cancelling: 'Stopping after this file…',
  whole: (entries: string) => `Everything on the stick is here: ${entries} new entries. What was written since comes by line.`,
  cancelled: (entries: string) => `Stopped. The ${entries} entries that were taken stay; the rest comes by line, or from the stick when you start again.`,
  missing: (file: string) => `The file ${file} is not in what you chose. Choose the folder that central wrote, whole.`,
  refusedBecause: (why: string) => `This copy cannot be taken: ${why} Nothing of what was here is changed.`,
  /** Why central’s own seal on it did not hold, where the reason is known. */
  refused: {
    OTHER_DEVICE: 'It was written for another workstation.',
    OTHER_ORGANIZATION: 'It is of another organisation.',
    DAMAGED: 'A file was damaged on the way: copy the folder anew.',
    MALFORMED: 'It is not a folder that central wrote.',
    GAP: 'A file before this one is missing.',
  },
} as const;
