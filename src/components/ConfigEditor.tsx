import React, { useState } from 'react';
import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Field, FieldSet, Input, SecretInput } from '@grafana/ui';
import { findAddressProblem, type HeapscopeSecrets, type HeapscopeSettings } from '../settings';
import { TlsFields } from './fields/TlsFields';

type Props = DataSourcePluginOptionsEditorProps<HeapscopeSettings, HeapscopeSecrets>;

/** Where the backend is and how Grafana proves itself to it. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData, secureJsonFields, secureJsonData, readOnly } = options;
  const [visited, setVisited] = useState(false);
  const address = jsonData.backendUrl ?? '';
  const problem = visited ? findAddressProblem(address) : undefined;
  const set = (part: HeapscopeSettings) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  const setSecret = (name: keyof HeapscopeSecrets, value: string) =>
    onOptionsChange({ ...options, secureJsonData: { ...secureJsonData, [name]: value } });
  const resetSecret = (name: keyof HeapscopeSecrets) =>
    onOptionsChange({
      ...options,
      secureJsonFields: { ...secureJsonFields, [name]: false },
      secureJsonData: { ...secureJsonData, [name]: '' },
    });
  const leaveAddress = () => {
    setVisited(true);
    const tidy = address.trim().replace(/\/+$/, '');
    if (tidy !== address) {
      set({ backendUrl: tidy });
    }
  };
  return (
    <>
      <FieldSet label="Backend">
        <Field
          label="Address"
          description="Address of the Heapscope backend as Grafana's server sees it."
          required
          invalid={Boolean(problem)}
          error={problem}
        >
          <Input
            id="heapscope-address"
            value={address}
            placeholder="http://heapscope.monitoring:8082"
            width={60}
            disabled={readOnly}
            onChange={(event) => set({ backendUrl: event.currentTarget.value })}
            onBlur={leaveAddress}
          />
        </Field>
        <Field
          label="Token"
          description="The token the backend was given, or the one it showed at its start. Only Grafana's server keeps it. A backend without authentication needs none."
        >
          <SecretInput
            id="heapscope-token"
            isConfigured={Boolean(secureJsonFields.token)}
            value={secureJsonData?.token ?? ''}
            placeholder="Token of the backend"
            width={60}
            disabled={readOnly}
            onChange={(event) => setSecret('token', event.currentTarget.value)}
            onReset={() => resetSecret('token')}
          />
        </Field>
      </FieldSet>
      {address.startsWith('https:') && (
        <TlsFields
          settings={jsonData}
          certificate={secureJsonData?.tlsCACert ?? ''}
          hasCertificate={Boolean(secureJsonFields.tlsCACert)}
          readOnly={readOnly}
          onChange={set}
          onCertificateChange={(certificate) => setSecret('tlsCACert', certificate)}
          onCertificateReset={() => resetSecret('tlsCACert')}
        />
      )}
    </>
  );
}
