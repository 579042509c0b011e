import { RELEASES, RELEASES_OF_TYPE, RULES_OF_TYPE, type FhirRelease, type Shape } from './fhir-version-rules.ts';
import { isJsonObject, listOf, type JsonObject, type JsonValue } from './json.ts';

/** Something in a resource that only `releases` have; `rule` reads like `Condition.clinicalStatus=object`. */
export type ReleaseEvidence = { readonly rule: string; readonly releases: readonly FhirRelease[] };

function shapeOf(value: JsonValue | undefined): Shape {
  if (typeof value === 'string') return 'text';
  if (Array.isArray(value)) return 'list';
  return isJsonObject(value) ? 'object' : 'scalar';
}

const CORE_PROFILE = 'http://hl7.org/fhir/StructureDefinition/';
const RELEASE_IN_URL: ReadonlyArray<readonly [RegExp, FhirRelease]> = [
  [/\/fhir\/(?:1\.0|DSTU2)\/|\/us\/daf\/|\/argonaut\//, 'DSTU2'],
  [/\/fhir\/(?:3\.0|STU3)\//, 'STU3'],
  [/\/fhir\/(?:4\.0|4\.3|R4B?)\//, 'R4'],
  [/\/fhir\/(?:5\.0|R5)\//, 'R5'],
];

/** The release a version number of the specification belongs to, ballots with the release they led to. */
function releaseOfVersion(version: string): FhirRelease | null {
  if (/^(?:0\.5|1\.0)\./.test(version)) return 'DSTU2';
  if (/^(?:1\.\d|3\.0)\./.test(version)) return 'STU3';
  if (/^(?:3\.[2-5]|4\.[013])\./.test(version)) return 'R4';
  return /^(?:4\.[2456]|5\.0)\./.test(version) ? 'R5' : null;
}

function releaseOfProfile(url: string): FhirRelease | null {
  const named = RELEASE_IN_URL.find(([pattern]) => pattern.test(url));
  if (named !== undefined) return named[1];
  return url.startsWith(CORE_PROFILE) ? releaseOfVersion(url.split('|')[1] ?? '') : null;
}

function* declared(resource: JsonObject): Generator<ReleaseEvidence> {
  const version = resource['fhirVersion'];
  const release = typeof version === 'string' ? releaseOfVersion(version) : null;
  if (release !== null) yield { rule: 'fhirVersion', releases: [release] };
  const meta = resource['meta'];
  for (const profile of listOf(isJsonObject(meta) ? meta['profile'] : undefined)) {
    const named = typeof profile === 'string' ? releaseOfProfile(profile) : null;
    if (named !== null) yield { rule: 'meta.profile', releases: [named] };
  }
}

/** In DSTU2 a family name is a list; since STU3 it is one text. */
function* familyNames(type: string, resource: JsonObject): Generator<ReleaseEvidence> {
  if (type !== 'Patient' && type !== 'Practitioner') return;
  for (const name of listOf(resource['name'])) {
    const family = isJsonObject(name) ? name['family'] : undefined;
    if (Array.isArray(family)) yield { rule: `${type}.name.family=list`, releases: ['DSTU2'] };
    else if (typeof family === 'string') yield { rule: `${type}.name.family=text`, releases: ['STU3', 'R4', 'R5'] };
  }
}

/** All that tells the release of one resource, contained resources left aside. */
export function releaseEvidence(type: string, resource: JsonObject): readonly ReleaseEvidence[] {
  const evidence: ReleaseEvidence[] = [...declared(resource), ...familyNames(type, resource)];
  const releases = RELEASES_OF_TYPE.get(type);
  if (releases !== undefined) evidence.push({ rule: `type ${type}`, releases });
  for (const rule of RULES_OF_TYPE.get(type) ?? []) {
    const value = resource[rule.name];
    if (value === undefined || (rule.shape !== null && shapeOf(value) !== rule.shape)) continue;
    evidence.push({ rule: `${type}.${rule.text}`, releases: rule.releases });
  }
  return evidence;
}

export type VersionVerdict = {
  readonly release: FhirRelease;
  /** Resources that cannot be of that release: strays of a file that is judged by its majority. */
  readonly strays: number;
  /** Resources that told something, and resources altogether. */
  readonly telling: number;
  readonly resources: number;
  /** What spoke against R4, or, for R4, against the others: rules by how many resources showed them, most first. */
  readonly evidence: ReadonlyArray<{ readonly rule: string; readonly resources: number }>;
};

export type VersionJudge = {
  /** Gives true when the resource itself speaks against R4. */
  see(type: string, resource: JsonObject): boolean;
  verdict(): VersionVerdict;
};

/**
 * Judges the release of a file by all its resources together: the release that the fewest of them rule out, R4 when
 * nothing decides. It keeps counts only, so it runs beside the stream; an importer that applies a file in one
 * transaction asks for the verdict before it commits, and may ask early to stop a large file of another release.
 */
export function createVersionJudge(): VersionJudge {
  const against = new Map<FhirRelease, number>(RELEASES.map((release) => [release, 0]));
  const rules = new Map<string, { resources: number; readonly releases: readonly FhirRelease[] }>();
  let telling = 0;
  let resources = 0;

  function see(type: string, resource: JsonObject): boolean {
    const evidence = releaseEvidence(type, resource);
    resources += 1;
    if (evidence.length > 0) telling += 1;
    for (const release of RELEASES) {
      if (evidence.some((each) => !each.releases.includes(release))) against.set(release, (against.get(release) ?? 0) + 1);
    }
    for (const { rule, releases } of evidence) {
      const seen = rules.get(rule);
      if (seen === undefined) rules.set(rule, { resources: 1, releases });
      else seen.resources += 1;
    }
    return evidence.some((each) => !each.releases.includes('R4'));
  }

  function verdict(): VersionVerdict {
    // R4 first, so that it wins a draw; then newest to oldest.
    const order: readonly FhirRelease[] = ['R4', 'R5', 'STU3', 'DSTU2'];
    const release = order.reduce((best, each) => ((against.get(each) ?? 0) < (against.get(best) ?? 0) ? each : best));
    const speaks = [...rules].filter(([, { releases }]) => (release === 'R4' ? releases.length < RELEASES.length && releases.includes('R4') : releases.includes(release) && !releases.includes('R4')));
    const evidence = speaks.map(([rule, seen]) => ({ rule, resources: seen.resources })).sort((a, b) => b.resources - a.resources || (a.rule < b.rule ? -1 : 1));
    return { release, strays: against.get(release) ?? 0, telling, resources, evidence };
  }

  return { see, verdict };
}
