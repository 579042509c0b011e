import { useClinicTime } from '../outpost/clinic-time.ts';
import { CallView } from '../ui/call-view.tsx';
import { formatDate } from '../ui/format.ts';
import { keystoreWords } from '../words/keystore.ts';
import { settingsWords as words } from '../words/settings.ts';
import { useStatus } from './settings.data.ts';

export function AboutPart() {
  const status = useStatus();
  const { zone } = useClinicTime();
  return (
    <CallView state={status}>
      {(value) => (
        <dl className="facts">
          <Fact name={words.version} value={`Outpost ${value.version}`} />
          <Fact name={words.deviceName} value={value.deviceName ?? ''} />
          <Fact name={words.keystore} value={keystoreWords(value.keystoreLevel)} />
          <Fact name={words.policy} value={words.policyOf(value.policyVersion, formatDate(value.policyIssuedAt, zone))} />
          <Fact name={words.zone} value={value.zone} />
          <Fact name={words.licence} value="Apache-2.0" />
        </dl>
      )}
    </CallView>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
