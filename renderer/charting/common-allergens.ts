/** Substances that a clinic names most often, with the FHIR category each implies. Anything else is written as it is. */
export type Allergen = { readonly text: string; readonly category: 'food' | 'medication' | 'environment' | 'biologic' };

const of = (category: Allergen['category'], ...texts: readonly string[]): readonly Allergen[] => texts.map((text) => ({ text, category }));

export const COMMON_ALLERGENS: readonly Allergen[] = [
  ...of('medication', 'Penicillin', 'Amoxicillin', 'Ampicillin', 'Cephalosporins', 'Ceftriaxone', 'Sulfonamides', 'Co-trimoxazole', 'Ciprofloxacin', 'Doxycycline', 'Erythromycin', 'Metronidazole', 'Chloroquine', 'Quinine'),
  ...of('medication', 'Aspirin', 'Ibuprofen', 'Diclofenac', 'Paracetamol', 'Codeine', 'Morphine', 'Tramadol', 'Carbamazepine', 'Phenytoin', 'Phenobarbital', 'Lidocaine', 'Iodine contrast', 'Insulin', 'Nevirapine', 'Enalapril'),
  ...of('food', 'Peanut', 'Tree nuts', 'Egg', 'Cow’s milk', 'Fish', 'Shellfish', 'Soya', 'Wheat', 'Sesame'),
  ...of('environment', 'Latex', 'Bee sting', 'Wasp sting', 'House dust mite', 'Pollen', 'Cat dander', 'Dog dander', 'Nickel', 'Adhesive plaster'),
  ...of('biologic', 'Tetanus antitoxin', 'Snake antivenom', 'Blood products'),
];
