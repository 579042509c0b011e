import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCampaign, tellCampaign, tellFailure, type CampaignResult } from './campaign.ts';
import { testSeedOf } from './first-seed.ts';
import { keptPlans } from './kept.ts';
import { SHIPPED } from './parts.ts';
import { runPlan } from './run-plan.ts';

/**
 * Tier T0: worlds kept by name, then worlds nobody has seen, for a minute. OUTPOST_SEED gives another first seed of those (`any`: one that is drawn);
 * `npm run sim -- --seed S --seeds 1` looks at one of them.
 */
const WALL_MS = 60_000;
/** However fast the machine is: of these worlds it is known that they hold. */
const SEEDS_MAX = 2000;
const TWICE_EVERY = 4;
const seed = testSeedOf(process.env['OUTPOST_SEED']);

describe('every world', () => {
  let result: CampaignResult;

  beforeAll(async () => {
    process.stdout.write(`worlds from seed ${seed} on (OUTPOST_SEED gives another)\n`);
    result = await runCampaign({
      run: (plan) => runPlan(plan, SHIPPED),
      kept: keptPlans(), firstSeed: seed, twiceEvery: TWICE_EVERY, shrinks: true,
      enough: ({ seeds, wallMs }) => wallMs >= WALL_MS || seeds >= SEEDS_MAX,
      onFailure: (failure) => void process.stdout.write(`${tellFailure(failure)}\n`),
    });
  });
  afterAll(() => void process.stdout.write(`${tellCampaign('T0', result)}\n`));

  /** The rule was broken in no world, and what it is about did happen. */
  const expectHolds = (rule: string, happened: readonly string[]): void => {
    expect(result.failures.filter(({ problems }) => problems.some((problem) => problem.rule === rule)).map(tellFailure)).toEqual([]);
    for (const what of happened) expect(result.counts[what] ?? 0, what).toBeGreaterThan(0);
  };

  it('SYN-110 the same entries make the same chart, and everybody ends with the same entries', () => expectHolds('SYN-110', ['chart compared', 'received']));
  it('SYN-111 nothing kept or acknowledged is lost', () => expectHolds('SYN-111', ['acknowledged', 'act hub-restore', 'act restore', 'act strike']));
  it('SYN-112 every element has the live values that the oracle finds', () => expectHolds('SYN-112', ['several live values']));
  it('SYN-113 every conflict is listed until an entry decides it', () => expectHolds('SYN-113', ['conflict', 'conflict settled']));
  it('SYN-114 every chain is whole, and what is held back is said', () => expectHolds('SYN-114', ['chain walked', 'changed row not sent', 'refused FORK']));
  it('SYN-115 what is said to central again changes nothing', () => expectHolds('SYN-115', ['line said again']));
  it('SYN-116 no wrong clock drags a right one along', () => expectHolds('SYN-116', ['honest clock looked at', 'act clock']));
  it('SYN-117 an older version destroys nothing it cannot read', () => expectHolds('SYN-117', ['upgrade compared', 'act version']));
  it('SYN-118 nobody holds more than their scope, and nobody less', () => expectHolds('SYN-118', ['evicted', 'scope looked at']));
  it('SYN-119 everybody comes to rest, and what is urgent goes first', () => expectHolds('SYN-119', ['act cut', 'urgent before all else']));
  it('SYN-120 nothing goes twice unasked, and what is under way is bounded', () => expectHolds('SYN-120', ['batch sent', 'several batches under way']));
  it('SYN-121 the light says what is so', () => expectHolds('SYN-121', ['light on', 'light off']));
  it('SYN-260 whoever takes the place of central without its keys delays things and no more', () => expectHolds('SYN-260', ['lie withhold', 'lie receipt', 'lie greeting', 'lie old greeting', 'lie far cursor', 'lie other page', 'lie rejection', 'lie other push']));
  it('SYN-261 releases before this one and after it understand each other', () => expectHolds('SYN-261', ['spoke first', 'spoke next', 'act hub-version']));
  it('SYN-262 certificates and the roster change in the middle of conversations', () => expectHolds('SYN-262', ['act expire', 'act renew', 'act readmit', 'renewed']));
  it('SYN-51 a world is the same every time', () => {
    expectHolds('SYN-51', []);
    expect(result.twice).toBeGreaterThan(0);
  });
  it('SYN-50 no world breaks any rule', () => expect(result.failures.map(tellFailure)).toEqual([]));
});
