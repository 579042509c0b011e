import { z } from 'zod';

/**
 * The FHIR R4 data types that the chart relies on (datatypes.html), as far as it does: every schema takes out what
 * it names and passes over the rest, which stays in the resource's own text.
 */
const text = z.string();

export const FhirId = z.string().regex(/^[A-Za-z0-9\-.]{1,64}$/);
export const FhirReference = z.object({ reference: text.optional(), type: text.optional(), display: text.optional() });
export const FhirCoding = z.object({ system: text.optional(), code: text.optional(), display: text.optional() });
export const FhirCodeableConcept = z.object({ coding: z.array(FhirCoding).optional(), text: text.optional() });
export const FhirPeriod = z.object({ start: text.optional(), end: text.optional() });
export const FhirIdentifier = z.object({ use: text.optional(), type: FhirCodeableConcept.optional(), system: text.optional(), value: text.optional() });
/** A null stands for a part that only has an extension (json.html#primitive). */
const partsWithGaps = z.array(z.string().nullable());
export const FhirHumanName = z.object({
  use: text.optional(),
  text: text.optional(),
  family: text.optional(),
  given: partsWithGaps.optional(),
  prefix: partsWithGaps.optional(),
  suffix: partsWithGaps.optional(),
  period: FhirPeriod.optional(),
});
export const FhirContactPoint = z.object({ system: text.optional(), value: text.optional(), use: text.optional() });
export const FhirAddress = z.object({
  use: text.optional(),
  text: text.optional(),
  line: partsWithGaps.optional(),
  city: text.optional(),
  district: text.optional(),
  state: text.optional(),
  postalCode: text.optional(),
  country: text.optional(),
});

export type FhirReference = z.infer<typeof FhirReference>;
export type FhirCodeableConcept = z.infer<typeof FhirCodeableConcept>;
export type FhirHumanName = z.infer<typeof FhirHumanName>;
export type FhirAddress = z.infer<typeof FhirAddress>;
