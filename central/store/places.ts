/**
 * The places of all sealed cells, by table, column and what names the row for good. They are part of what is sealed:
 * a place is never spelt otherwise for cells that are there already.
 */
export const opPlace = (column: 'header' | 'salt' | 'body', segment: string, sequence: number): string => `op ${column} ${segment}.${sequence}`;
export const seedPlace = (segment: string): string => `segment salt_seed ${segment}`;
export const accessPlace = (client: string, at: number): string => `api_access patients ${client}.${at}`;
export const orderPlace = (kind: string, audience: string, version: number): string => `issued_order content ${kind}.${audience}.${version}`;
