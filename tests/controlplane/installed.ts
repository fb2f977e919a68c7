import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectsOf, kustomize } from '../deploy/clusterTools.ts';
import type { Manifest } from '../deploy/clusterTools.ts';
import { askTls } from '../support/askTls.ts';
import { until } from '../support/until.ts';
import type { ControlPlane } from './controlPlane.ts';

const API_SERVICE = 'v1beta1.metrics.k8s.io';
/** The API server looks at it every half minute. */
export const AVAILABLE_MS = 60_000;
const ACCOUNT = '/api/v1/namespaces/heapscope/serviceaccounts/heapscope';

/** How the aggregator may reach Heapscope in a test. */
export interface Reach {
  readonly port: number;
  /** The authority of Heapscope's certificate; without one the APIService stays as it is and verifies nothing. */
  readonly caPem?: string;
}

/**
 * Applies what `kubectl apply -k deploy/overlays/metrics-api` applies. There is no network of services: the Service leads
 * to the loopback address in place of a pod's.
 */
export async function install(plane: ControlPlane, reach: Reach): Promise<void> {
  const manifests = objectsOf(kustomize('deploy/overlays/metrics-api')).map((manifest) => atLoopback(manifest, reach));
  await plane.kubectl(
    ['apply', '-f', '-'],
    undefined,
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests })
  );
}

/** Reads the condition `Available` of the APIService. */
export async function availability(plane: ControlPlane): Promise<{ status: string; reason: string; message: string }> {
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/${API_SERVICE}`;
  const { body } = await askTls(plane.port, path, { client: plane.admin, ca: plane.caPem });
  const { conditions = [] } = body.status as { conditions?: Array<Record<string, string>> };
  const { status = '', reason = '', message = '' } = conditions.find(({ type }) => type === 'Available') ?? {};
  return { status, reason, message };
}

/** Waits until the APIService is available, or no longer. */
export function becomesAvailable(plane: ControlPlane, status: 'True' | 'False'): Promise<void> {
  const isSo = async (): Promise<boolean> => (await availability(plane)).status === status;
  return until(`the APIService to be available: ${status}`, isSo, AVAILABLE_MS);
}

/** A folder as a pod of that service account has it, with a real token. */
export async function serviceAccountFolder(plane: ControlPlane): Promise<string> {
  const folder = join(plane.folder, 'service-account');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'token'), await accountToken(plane));
  writeFileSync(join(folder, 'ca.crt'), plane.caPem);
  return folder;
}

/** A new token of Heapscope's account. */
export async function accountToken(plane: ControlPlane): Promise<string> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  const answer = await plane.kubectl(
    ['create', '--raw', `${ACCOUNT}/token`, '-f', '-'],
    undefined,
    JSON.stringify(request)
  );
  return (JSON.parse(answer) as { status: { token: string } }).status.token;
}

function atLoopback(manifest: Manifest, { port, caPem }: Reach): Manifest {
  const { kind, metadata, spec } = manifest as Manifest & { spec: Record<string, unknown> };
  if (kind === 'Service' && metadata.name === 'heapscope') {
    const ports = [{ name: 'https', port }];
    return { ...manifest, spec: { type: 'ExternalName', externalName: 'localhost', ports } };
  }
  if (kind === 'APIService') {
    const service = { ...(spec.service as object), port };
    const trust = caPem === undefined ? {} : { insecureSkipTLSVerify: false, caBundle: btoa(caPem) };
    return { ...manifest, spec: { ...spec, ...trust, service } };
  }
  return manifest;
}
