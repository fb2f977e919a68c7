import React from 'react';
import { Field, FieldSet, SecretTextArea, Switch } from '@grafana/ui';
import type { HeapscopeSettings } from '../../settings';

interface Props {
  settings: HeapscopeSettings;
  certificate: string;
  hasCertificate: boolean;
  readOnly?: boolean;
  onChange: (part: HeapscopeSettings) => void;
  onCertificateChange: (certificate: string) => void;
  onCertificateReset: () => void;
}

/** Which certificate of the backend Grafana's proxy trusts. */
export function TlsFields(props: Props) {
  const { settings, certificate, hasCertificate, readOnly, onChange, onCertificateChange, onCertificateReset } = props;
  return (
    <FieldSet label="Certificate of the backend">
      <Field label="Signed by an own certificate authority" description="Trust the certificate authority given here.">
        <Switch
          id="heapscope-own-ca"
          value={settings.tlsAuthWithCACert ?? false}
          disabled={readOnly}
          onChange={(event) => onChange({ tlsAuthWithCACert: event.currentTarget.checked })}
        />
      </Field>
      {settings.tlsAuthWithCACert && (
        <Field label="Certificate authority">
          <SecretTextArea
            id="heapscope-ca"
            isConfigured={hasCertificate}
            value={certificate}
            placeholder="-----BEGIN CERTIFICATE-----"
            rows={6}
            cols={70}
            disabled={readOnly}
            onChange={(event) => onCertificateChange(event.currentTarget.value)}
            onReset={onCertificateReset}
          />
        </Field>
      )}
      <Field
        label="Skip verification"
        description="Trusts whoever answers at the address, who then also receives the token. Only for trying things out."
      >
        <Switch
          id="heapscope-skip-verify"
          value={settings.tlsSkipVerify ?? false}
          disabled={readOnly}
          onChange={(event) => onChange({ tlsSkipVerify: event.currentTarget.checked })}
        />
      </Field>
    </FieldSet>
  );
}
