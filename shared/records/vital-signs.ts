import { z } from 'zod';

/**
 * The vital signs that Outpost charts in one panel. Codes and units are those of the FHIR R4 vital signs profile
 * (hl7.org/fhir/R4/observation-vitalsigns.html: LOINC codes, UCUM units). `possible` bounds what a living
 * patient can have and is refused beyond; `usual` is the adult band that marks a value high or low.
 */
export const VITAL_SIGNS = {
  systolic: { code: '8480-6', display: 'Systolic blood pressure', unit: 'mm[Hg]', possible: [30, 350], usual: [90, 140], decimals: 0 },
  diastolic: { code: '8462-4', display: 'Diastolic blood pressure', unit: 'mm[Hg]', possible: [10, 250], usual: [60, 90], decimals: 0 },
  heartRate: { code: '8867-4', display: 'Heart rate', unit: '/min', possible: [15, 350], usual: [60, 100], decimals: 0 },
  respiratoryRate: { code: '9279-1', display: 'Respiratory rate', unit: '/min', possible: [3, 120], usual: [12, 20], decimals: 0 },
  temperature: { code: '8310-5', display: 'Body temperature', unit: 'Cel', possible: [24, 46], usual: [36, 38], decimals: 1 },
  oxygenSaturation: { code: '2708-6', display: 'Oxygen saturation', unit: '%', possible: [30, 100], usual: [94, 100], decimals: 0 },
  weight: { code: '29463-7', display: 'Body weight', unit: 'kg', possible: [0.2, 500], usual: null, decimals: 2 },
  height: { code: '8302-2', display: 'Body height', unit: 'cm', possible: [15, 260], usual: null, decimals: 1 },
  headCircumference: { code: '9843-4', display: 'Head occipital-frontal circumference', unit: 'cm', possible: [15, 80], usual: null, decimals: 1 },
} as const;

export type VitalSign = keyof typeof VITAL_SIGNS;
export const VITAL_SIGN_NAMES = Object.keys(VITAL_SIGNS) as readonly VitalSign[];

const value = (sign: VitalSign) => z.number().min(VITAL_SIGNS[sign].possible[0]).max(VITAL_SIGNS[sign].possible[1]).optional();

/** One panel: at least one value; diastolic only with systolic and below it. */
export const VitalValues = z
  .strictObject({
    systolic: value('systolic'),
    diastolic: value('diastolic'),
    heartRate: value('heartRate'),
    respiratoryRate: value('respiratoryRate'),
    temperature: value('temperature'),
    oxygenSaturation: value('oxygenSaturation'),
    weight: value('weight'),
    height: value('height'),
    headCircumference: value('headCircumference'),
  })
  .refine((values) => Object.values(values).some((each) => each !== undefined), { message: 'no value' })
  .refine((values) => (values.systolic === undefined) === (values.diastolic === undefined), { message: 'both pressures or none' })
  .refine((values) => values.systolic === undefined || values.diastolic === undefined || values.diastolic < values.systolic, {
    message: 'diastolic must be below systolic',
  });
export type VitalValues = z.infer<typeof VitalValues>;
