import type { Dialect } from './sql.ts';
import { firstSchema } from './schema-0001.ts';
import { apiSchema } from './schema-0002.ts';
import { seedsAndDataKeys } from './schema-0003.ts';
import { lanesSchema } from './schema-0004.ts';
import { ordersSchema } from './schema-0005.ts';
import { scopeSchema } from './schema-0006.ts';
import { progressSchema } from './schema-0007.ts';
import { numberPrefixSchema } from './schema-0008.ts';
import { scopeMarkSchema } from './schema-0009.ts';
import { TYPES, type SchemaStep, type Types } from './schema-types.ts';

/**
 * Central's database grows by numbered steps, the same ones on SQLite and PostgreSQL. A released step is never
 * changed (schema.test.ts holds its hash): what is to be different is the next step, a file of its own.
 */
/** Step n leads to version n. */
const STEPS: readonly SchemaStep[] = [firstSchema, apiSchema, seedsAndDataKeys, lanesSchema, ordersSchema, scopeSchema, progressSchema, numberPrefixSchema, scopeMarkSchema];
export const SCHEMA_VERSION = STEPS.length;

/** Every step in the words of one kind of database. */
export const stepTexts = (types: Types): readonly string[] => STEPS.map((step) => step(types));

/** The texts that bring a database from one version to this one, each to be run in a transaction of its own with its number. */
export function stepsFrom(dialect: Dialect, version: number): readonly { readonly version: number; readonly text: string }[] {
  return stepTexts(TYPES[dialect]).map((text, index) => ({ version: index + 1, text })).filter((step) => step.version > version);
}
