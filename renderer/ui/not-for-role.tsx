import { AUDIENCES, type AudienceName } from '../outpost/audience.ts';
import { audienceWords as words } from '../words/audience.ts';
import { Message } from './message.tsx';

/** Said before anything is asked or typed: who this is for, by which rule, and what to do instead. */
export function NotForRole({ part, tone = 'attention' }: { readonly part: keyof typeof words.parts; readonly tone?: 'quiet' | 'attention' }) {
  const { what, todo } = words.parts[part];
  const audience: AudienceName = part;
  return (
    <Message tone={tone} title={what}>
      <p>{todo}</p>
      <p className="small muted">{words.rule(AUDIENCES[audience].rule)}</p>
    </Message>
  );
}
