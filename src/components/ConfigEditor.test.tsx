import React from 'react';
import type { DataSourceSettings } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { HeapscopeSecrets, HeapscopeSettings } from '../settings';
import { ConfigEditor } from './ConfigEditor';

type Settings = DataSourceSettings<HeapscopeSettings, HeapscopeSecrets>;

/** The config page: what the editor says is given back to it. */
function openConfig(part: Partial<Settings> = {}) {
  let saved = { jsonData: {}, secureJsonFields: {}, secureJsonData: {}, ...part } as Settings;
  const draw = () => <ConfigEditor options={saved} onOptionsChange={change} />;
  const { rerender } = render(draw());
  function change(next: Settings) {
    saved = next;
    rerender(draw());
  }
  return { user: userEvent.setup(), saved: () => saved };
}

test('address and token are saved, the token as a secret', async () => {
  const { user, saved } = openConfig();
  await user.type(screen.getByLabelText(/Address/), 'http://heapscope:8082');
  await user.type(screen.getByLabelText(/Token/), 'secret');
  expect(saved().jsonData).toEqual({ backendUrl: 'http://heapscope:8082' });
  expect(saved().secureJsonData).toEqual({ token: 'secret' });
});

test('slashes and blanks around the address are taken off when it is left', async () => {
  const { user, saved } = openConfig();
  await user.type(screen.getByLabelText(/Address/), ' http://heapscope:8082/ ');
  await user.tab();
  expect(saved().jsonData.backendUrl).toBe('http://heapscope:8082');
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

test('an address that cannot work is told at once', async () => {
  const { user } = openConfig();
  await user.type(screen.getByLabelText(/Address/), 'heapscope');
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  await user.tab();
  expect(screen.getByRole('alert')).toHaveTextContent('"heapscope" is no address.');
});

test('a saved token is not shown and can be replaced', async () => {
  const { user, saved } = openConfig({ secureJsonFields: { token: true } });
  expect(screen.getByLabelText(/Token/)).toBeDisabled();
  await user.click(screen.getByRole('button', { name: /reset/i }));
  expect(saved().secureJsonFields).toEqual({ token: false });
});

test('certificates only matter with https, and verification is skipped only on purpose', async () => {
  const plain = openConfig({ jsonData: { backendUrl: 'http://heapscope:8082' } });
  expect(screen.queryByLabelText(/Skip verification/)).not.toBeInTheDocument();
  await plain.user.clear(screen.getByLabelText(/Address/));
  await plain.user.type(screen.getByLabelText(/Address/), 'https://heapscope');
  await plain.user.click(screen.getByLabelText(/own certificate authority/));
  await plain.user.type(screen.getByLabelText(/^Certificate authority/), 'PEM');
  await plain.user.click(screen.getByLabelText(/Skip verification/));
  expect(plain.saved().jsonData).toEqual({
    backendUrl: 'https://heapscope',
    tlsAuthWithCACert: true,
    tlsSkipVerify: true,
  });
  expect(plain.saved().secureJsonData).toEqual({ tlsCACert: 'PEM' });
});

test('a provisioned data source cannot be edited', () => {
  openConfig({ readOnly: true });
  expect(screen.getByLabelText(/Address/)).toBeDisabled();
  expect(screen.getByLabelText(/Token/)).toBeDisabled();
});
