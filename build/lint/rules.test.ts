import { describe, expect, it } from 'vitest';
import { judgeRules, testTitles } from './rules.ts';

const SPEC = ['# Vault', 'Words about ABC-9, stated elsewhere.', '- **VLT-1** A wrong password opens nothing.', '| VLT-2 | A torn write is ignored. |', '### VLT-3 Rotation'].join('\n');
const judge = (tests: string): readonly string[] => judgeRules(new Map([['main/vault/SPEC.md', SPEC]]), new Map([['main/vault/vault.test.ts', tests]])).map(({ path, line, because }) => `${path}:${line} ${because}`);

describe('rules', () => {
  it('finds nothing where each rule has its test, in whatever form', () => {
    expect(judge('it("VLT-1 refuses", f); test.each([1])(`VLT-2 ignores ${1}`, f); describe("VLT-3: rotation", f); it("unnumbered", f)')).toEqual([]);
  });

  it('names a rule without a test and a test without a rule', () => {
    expect(judge('it("VLT-1 refuses", f);\nit("VLT-30 is no VLT-3", f); it("see VLT-2", f)')).toEqual([
      'main/vault/vault.test.ts:2 VLT-30 is stated in no SPEC.md',
      "main/vault/SPEC.md:4 no test's title begins with VLT-2",
      "main/vault/SPEC.md:5 no test's title begins with VLT-3",
    ]);
  });

  it('names a rule that two specifications state', () => {
    const twice = judgeRules(new Map([['a/SPEC.md', '- ABC-1 one'], ['b/SPEC.md', '- ABC-1 other']]), new Map([['a/a.test.ts', 'it("ABC-1 x", f)']]));
    expect(twice.map(({ path, because }) => `${path} ${because}`)).toEqual(['b/SPEC.md ABC-1 is stated in a/SPEC.md:1 already']);
  });

  it('reads titles from calls alone, not from comments or other strings', () => {
    expect(testTitles('x.test.ts', '// it("ABC-1")\nconst s = "it(\'ABC-2\')"; other("ABC-3", f);\n\nit.skipIf(no)("ABC-4 x", f)')).toEqual([{ title: 'ABC-4 x', line: 4 }]);
  });
});
