import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, rootCertificates } from 'node:tls';
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import type { KubeletCredentials } from './client.ts';

/** Own CA files are looked at this often. */
const REREAD_MS = 60_000;

export interface TrustOptions {
  /** CA certificates in PEM, in place of the cluster's. */
  readonly caFiles: readonly string[];
  /** Accept any certificate. */
  readonly insecureTls: boolean;
  readonly now: () => number;
}

/** What TLS connections to kubelets are made with; another object as soon as anything in it was replaced. */
export interface Trust {
  readonly secureContext: SecureContext;
  readonly insecure: boolean;
}

/** One secure context for all kubelets: parsing certificates for each of thousands would cost time and memory. */
export function createTrustSource(options: TrustOptions): (credentials: KubeletCredentials) => Trust {
  const ownCa = createCaReader(options);
  let trust: Trust | undefined;
  let madeOf: readonly unknown[] = [];
  return (credentials) => {
    const ca = ownCa() ?? credentials.ca;
    const parts = [ca, credentials.clientCert, credentials.clientKey];
    if (!trust || parts.some((part, index) => part !== madeOf[index])) {
      trust = { secureContext: secureContext(ca, credentials), insecure: options.insecureTls };
      madeOf = parts;
    }
    return trust;
  };
}

function secureContext(ca: string | Buffer | undefined, credentials: KubeletCredentials): SecureContext {
  try {
    return createSecureContext({
      ca: ca ?? [...rootCertificates],
      cert: credentials.clientCert,
      key: credentials.clientKey,
    });
  } catch (cause) {
    throw new HeapscopeError(
      'kubelet_certificate',
      `The CA or client certificate for the kubelets cannot be used: ${sentenceOf(cause)}. Check the files in PEM format.`,
      { cause }
    );
  }
}

function createCaReader({ caFiles, now }: TrustOptions): () => string | undefined {
  let text: string | undefined;
  let changedMs = '';
  let readMs = -Infinity;
  return () => {
    if (caFiles.length === 0 || now() - readMs < REREAD_MS) {
      return text;
    }
    try {
      const found = caFiles.map((file) => statSync(file).mtimeMs).join(' ');
      text = found === changedMs ? text : caFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
      changedMs = found;
    } catch (cause) {
      if (text === undefined) {
        throw new HeapscopeError(
          'kubelet_certificate',
          `The CA for the kubelets cannot be read: ${sentenceOf(cause)}. Correct the path or its permissions.`,
          { cause }
        );
      }
    }
    readMs = now();
    return text;
  };
}

/**
 * TLS options for one kubelet. The chain is always verified (but for `insecure`); the certificate has to be valid for
 * the address that was dialled or for the name of the node, since many kubelets' certificates lack the IP.
 */
export function tlsOptions(trust: Trust, nodeName: string, host: string): ConnectionOptions {
  const servername = isIP(nodeName) === 0 ? nodeName : isIP(host) === 0 ? host : '';
  return {
    secureContext: trust.secureContext,
    ...(servername === '' ? {} : { servername }),
    ...(trust.insecure
      ? { rejectUnauthorized: false }
      : { checkServerIdentity: (_: string, certificate: PeerCertificate) => checkNode(certificate, nodeName, host) }),
  };
}

function checkNode(certificate: PeerCertificate, nodeName: string, host: string): Error | undefined {
  const problem = checkServerIdentity(host, certificate);
  return problem && checkServerIdentity(nodeName, certificate) ? problem : undefined;
}
