/** Vaccines of childhood schedules and common adult doses, with their CVX code (CDC, public domain). */
export const CVX = 'http://hl7.org/fhir/sid/cvx';

export type CodedVaccine = { readonly text: string; readonly code: string };

const TABLE: Readonly<Record<string, string>> = {
  'BCG': '19',
  'Hepatitis B, child': '08',
  'Hepatitis B, adult': '43',
  'Polio, oral bivalent (bOPV)': '178',
  'Polio, inactivated (IPV)': '10',
  'Pentavalent (DTP-HepB-Hib)': '198',
  'Hexavalent (DTaP-IPV-Hib-HepB)': '146',
  'DTaP': '20',
  'Tdap': '115',
  'Tetanus-diphtheria (Td)': '09',
  'Pneumococcal conjugate (PCV13)': '133',
  'Pneumococcal polysaccharide (PPV23)': '33',
  'Rotavirus, monovalent': '119',
  'Rotavirus, pentavalent': '116',
  'Measles': '05',
  'Measles-rubella (MR)': '04',
  'Measles-mumps-rubella (MMR)': '03',
  'Varicella': '21',
  'Yellow fever': '37',
  'Meningococcal conjugate (MenACWY)': '203',
  'HPV, 9-valent': '165',
  'HPV, 4-valent': '62',
  'Hepatitis A, child': '83',
  'Hepatitis A, adult': '52',
  'Influenza, injected': '141',
  'COVID-19, product not known': '213',
  'Typhoid, injected (ViCPS)': '101',
  'Cholera, oral (killed)': '173',
  'Rabies': '176',
};

export const COMMON_VACCINES: readonly CodedVaccine[] = Object.entries(TABLE).map(([text, code]) => ({ text, code }));
