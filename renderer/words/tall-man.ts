/**
 * Look-alike drug names in tall-man letters: the FDA and ISMP list of names with tall-man letters (ismp.org, 2023),
 * the entries that a primary-care formulary meets. Keyed by the plain lower-case name.
 */
const TALL_MAN = new Map(
  [
    'aMILoride', 'amLODIPine', 'azaTHIOprine', 'azaCITIDine', 'buPROPion', 'busPIRone', 'carBAMazepine', 'OXcarbazepine', 'ceFAZolin', 'cefTRIAXone', 'cefOTEtan', 'cefOXitin', 'cefTAZidime',
    'chlordiazePOXIDE', 'chlorproMAZINE', 'chlorproPAMIDE', 'clomiPHENE', 'clomiPRAMINE', 'clonazePAM', 'LORazepam', 'cloNIDine', 'cloZAPine',
    'cycloSERINE', 'cycloSPORINE', 'DOBUTamine', 'DOPamine', 'diazePAM', 'dilTIAZem', 'diphenhydrAMINE', 'dimenhyDRINATE', 'ePHEDrine', 'EPINEPHrine', 'FLUoxetine', 'DULoxetine', 'PARoxetine',
    'fluPHENAZine', 'fluvoxaMINE', 'glipiZIDE', 'glyBURIDE', 'guaiFENesin', 'guanFACINE', 'hydrALAZINE', 'hydroCHLOROthiazide', 'HYDROcodone', 'HYDROmorphone', 'hydrOXYzine',
    'lamiVUDine', 'lamoTRIgine', 'levETIRAcetam', 'levOCARNitine', 'levoFLOXacin', 'metFORMIN', 'metroNIDAZOLE', 'methylPREDNISolone', 'medroxyPROGESTERone', 'miFEPRIStone', 'miSOPROStol',
    'NIFEdipine', 'niMODipine', 'niCARdipine', 'OLANZapine', 'QUEtiapine', 'oxyCODONE', 'PENTobarbital', 'PHENobarbital', 'penicillAMINE', 'prednisoLONE', 'predniSONE', 'quiNIDine', 'quiNINE',
    'raNITIdine', 'rifAMPin', 'rifAXIMin', 'risperiDONE', 'rOPINIRole', 'SAXagliptin', 'SITagliptin', 'sulfADIAZINE', 'sulfaSALAzine', 'SUMAtriptan', 'ZOLMitriptan', 'tiaGABine', 'tiZANidine', 'TOLAZamide',
    'TOLBUTamide', 'traMADol', 'traZODone', 'valACYclovir', 'valGANciclovir', 'vinBLAStine', 'vinCRIStine',
  ].map((name) => [name.toLowerCase(), name] as const),
);

/** Writes look-alike drug names in tall-man letters, word by word; everything else stays as it is. */
export function tallMan(text: string): string {
  return text.replaceAll(/\p{L}+/gu, (word) => TALL_MAN.get(word.toLowerCase()) ?? word);
}
