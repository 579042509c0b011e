/** Names for completion in the prescription line: medicines of the WHO Model List of Essential Medicines that primary care prescribes. */
export const COMMON_MEDICINES: readonly string[] = [
  'aciclovir', 'albendazole', 'allopurinol', 'amitriptyline', 'amlodipine', 'amoxicillin', 'amoxicillin-clavulanate', 'ampicillin', 'artemether-lumefantrine', 'artesunate', 'aspirin', 'atenolol', 'atorvastatin', 'azithromycin',
  'beclometasone', 'benzathine benzylpenicillin', 'bisoprolol', 'budesonide', 'calcium carbonate', 'captopril', 'carbamazepine', 'cefalexin', 'cefixime', 'ceftriaxone', 'chloramphenicol', 'chlorhexidine', 'chlorpheniramine', 'ciprofloxacin', 'clarithromycin', 'clopidogrel', 'clotrimazole', 'cloxacillin', 'co-trimoxazole',
  'dexamethasone', 'diazepam', 'diclofenac', 'digoxin', 'dolutegravir', 'doxycycline', 'enalapril', 'erythromycin', 'ethambutol', 'ferrous sulfate', 'fluconazole', 'fluoxetine', 'folic acid', 'furosemide', 'gentamicin', 'glibenclamide', 'gliclazide',
  'haloperidol', 'hydralazine', 'hydrochlorothiazide', 'hydrocortisone', 'hyoscine butylbromide', 'ibuprofen', 'insulin glargine', 'insulin isophane', 'insulin soluble', 'isoniazid', 'ivermectin', 'lamivudine', 'levothyroxine', 'lisinopril', 'loperamide', 'loratadine', 'losartan',
  'magnesium sulfate', 'mebendazole', 'metformin', 'methyldopa', 'metoclopramide', 'metoprolol', 'metronidazole', 'misoprostol', 'morphine', 'nifedipine', 'nitrofurantoin', 'nystatin', 'omeprazole', 'ondansetron', 'oral rehydration salts', 'oxytocin',
  'paracetamol', 'phenobarbital', 'phenoxymethylpenicillin', 'phenytoin', 'praziquantel', 'prednisolone', 'promethazine', 'propranolol', 'pyrazinamide', 'quinine', 'ranitidine', 'rifampicin', 'risperidone', 'salbutamol', 'simvastatin', 'spironolactone', 'sulfadoxine-pyrimethamine',
  'tenofovir', 'tetracycline', 'tramadol', 'valproate', 'vitamin A', 'warfarin', 'zidovudine', 'zinc sulfate',
];

const COMPLETION_MIN_LENGTH = 3;

/** The name that a begun drug name stands for, when only one begins so; null for a whole name or for several. */
export function completeMedicine(typed: string): string | null {
  const begun = typed.trim().toLowerCase();
  if (begun.length < COMPLETION_MIN_LENGTH) return null;
  const found = COMMON_MEDICINES.filter((name) => name.toLowerCase().startsWith(begun));
  if (found.some((name) => name.toLowerCase() === begun)) return null;
  // "amox" begins two names of which one begins the other: the shorter is meant until more is typed.
  const shortest = found.toSorted((a, b) => a.length - b.length)[0];
  return shortest !== undefined && found.every((name) => name.startsWith(shortest)) ? shortest : null;
}
