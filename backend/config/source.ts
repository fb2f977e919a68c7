import { sentenceOf } from '../errors.ts';
import type { Environment } from './otherPlaces.ts';
import { splitAddress } from './splitAddress.ts';
import { truth } from './values.ts';

/** A cluster in Heapster's words: `--source=PREFIX:URL?options`. */
export interface Source {
  /** `containers`: `kubernetes:`, for old kubelets. */
  readonly statistics: 'summary' | 'containers';
  /** Scheme and host of the API server, if the URL names one. */
  readonly server?: string;
  readonly inClusterConfig: boolean;
  readonly insecure: boolean;
  /** Kubeconfig path. */
  readonly auth?: string;
  readonly useServiceAccount: boolean;
  readonly kubeletPort: number;
  readonly kubeletHttps: boolean;
  readonly hostIdAnnotation?: string;
}

const OPTIONS = [
  'inClusterConfig',
  'insecure',
  'auth',
  'useServiceAccount',
  'kubeletPort',
  'kubeletHttps',
  'host_id_annotation',
];
const SILENT_OPTIONS = ['apiVersion'];

/** Reads one `--source` exactly as Heapster did, adding sentences to `problems` and remarks to `notes`. */
export function parseSource(text: string, environment: Environment, problems: string[], notes: string[]): Source {
  const shown = `--source=${text}`;
  const { prefix, location, options, unset } = splitAddress(text, environment);
  if (prefix !== 'kubernetes' && prefix !== 'kubernetes.summary_api') {
    problems.push(`${shown} must begin with "kubernetes:" or "kubernetes.summary_api:".`);
  }
  if (prefix === 'kubernetes') {
    notes.push(
      `${shown}: kubelets are asked by POST /stats/container/, and those that do not have it, since Kubernetes 1.20, for their summary; "kubernetes.summary_api:" asks for that at once.`
    );
  }
  if (unset.length > 0) {
    notes.push(`${shown}: the environment has no ${unset.join(', ')}; read as empty.`);
  }
  noteUnknownOptions(shown, options, notes);
  const statistics = prefix === 'kubernetes' ? 'containers' : 'summary';
  return { statistics, ...serverOf(shown, location, problems, notes), ...readOptions(shown, options, problems) };
}

function noteUnknownOptions(shown: string, options: URLSearchParams, notes: string[]): void {
  const unknown = new Set([...options.keys()].filter((key) => !OPTIONS.includes(key) && !SILENT_OPTIONS.includes(key)));
  for (const key of unknown) {
    notes.push(`${shown}: there is no option "${key}"; it is ignored. Known are ${OPTIONS.join(', ')}.`);
  }
}

function serverOf(shown: string, location: string, problems: string[], notes: string[]): { server?: string } {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) {
    if (location !== '' && location !== "''" && location !== '""') {
      problems.push(
        `${shown}: "${location}" is not an address; write https://HOST, or '' for the cluster this runs in.`
      );
    }
    return {};
  }
  try {
    const url = new URL(location);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      problems.push(`${shown}: the API server is asked by http or https, not by "${url.protocol}//".`);
    }
    if ((url.pathname !== '/' && url.pathname !== '') || url.username !== '') {
      notes.push(`${shown}: only scheme and host of the address count, ${url.protocol}//${url.host}.`);
    }
    return { server: `${url.protocol}//${url.host}` };
  } catch (error) {
    problems.push(`${shown}: "${location}" is not an address (${sentenceOf(error)}).`);
    return {};
  }
}

function readOptions(
  shown: string,
  options: URLSearchParams,
  problems: string[]
): Omit<Source, 'server' | 'statistics'> {
  const switchOf = (name: string, fallback: boolean): boolean => {
    const text = options.get(name);
    const parsed = text === null ? { value: fallback } : truth(text);
    if ('value' in parsed) {
      return parsed.value;
    }
    problems.push(`${shown}: the option ${name}=${text ?? ''} ${parsed.problem}.`);
    return fallback;
  };
  const portText = options.get('kubeletPort') ?? '10255';
  const kubeletPort = /^\+?\d+$/.test(portText) ? Number(portText) : NaN;
  if (!(kubeletPort >= 1 && kubeletPort <= 65_535)) {
    problems.push(`${shown}: the option kubeletPort=${portText} must be a port from 1 to 65535.`);
  }
  return {
    inClusterConfig: switchOf('inClusterConfig', true),
    insecure: switchOf('insecure', false),
    useServiceAccount: switchOf('useServiceAccount', false),
    kubeletHttps: switchOf('kubeletHttps', false),
    kubeletPort,
    auth: options.get('auth') || undefined,
    hostIdAnnotation: options.get('host_id_annotation') || undefined,
  };
}
