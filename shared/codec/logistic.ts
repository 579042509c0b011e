/**
 * The logistic function and its inverse over whole numbers: chances as 4,096ths, their logits as 256ths, from -2047 to
 * 2047. Built from multiplication and division alone, which IEEE 754 defines to the bit, so that every machine has the
 * same tables.
 */
export const CHANCE_UNITS = 4096;
export const LOGIT_MAX = 2047;
const LOGITS = 2 * LOGIT_MAX + 1;
/** e to the power -1/256. */
const STEP = 0.996_101_369_470_117_5;

function logisticTable(): Int16Array {
  const table = new Int16Array(LOGITS);
  let power = 1;
  for (let logit = 0; logit <= LOGIT_MAX; logit += 1) {
    const chance = Math.min(CHANCE_UNITS - 1, Math.round(CHANCE_UNITS / (1 + power)));
    table[LOGIT_MAX + logit] = chance;
    table[LOGIT_MAX - logit] = CHANCE_UNITS - chance;
    power *= STEP;
  }
  return table;
}

/** At index logit + LOGIT_MAX: 1 to 4,095. */
export const LOGISTIC = logisticTable();

/** At index chance: the least logit of at least this chance. */
export const LOGIT = Int16Array.from({ length: CHANCE_UNITS }, (_, chance) => {
  let [low, high] = [0, LOGITS - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((LOGISTIC[middle] ?? 0) >= chance) high = middle;
    else low = middle + 1;
  }
  return low - LOGIT_MAX;
});
