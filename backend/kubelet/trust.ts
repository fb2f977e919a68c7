import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, rootCertificates } from 'node:tls';
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import type { KubeletCredentials } from './client.ts';

/** Own CA files are looked at this often. */
const REREAD_MS = 60_000;

/** A client certificate and its key in PEM files. */
export interface ClientCertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface TrustOptions {
  /** CA certificates in PEM, in place of the cluster's. */
  readonly caFiles: readonly string[];
  /** The same as text. */
  readonly caText?: string;
  /** Shown in place of the client certificate of the credentials. */
  readonly clientCertificate?: ClientCertificateFiles;
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
  const { caFiles, caText, clientCertificate, now } = options;
  const ownCa = createFilesReader('CA', caFiles, now);
  const pairFiles = clientCertificate ? [clientCertificate.certificateFile, clientCertificate.keyFile] : [];
  const ownPair = createFilesReader('client certificate', pairFiles, now);
  let trust: Trust | undefined;
  let madeOf: readonly unknown[] = [];
  return (credentials) => {
    const ca = ownCa()?.join('\n') ?? caText ?? credentials.ca;
    const [cert, key] = ownPair() ?? [credentials.clientCert, credentials.clientKey];
    const parts = [ca, cert, key];
    if (!trust || parts.some((part, index) => part !== madeOf[index])) {
      trust = { secureContext: secureContext(ca, cert, key), insecure: options.insecureTls };
      madeOf = parts;
    }
    return trust;
  };
}

type Pem = string | Buffer | undefined;

function secureContext(ca: Pem, cert: Pem, key: Pem): SecureContext {
  try {
    return createSecureContext({ ca: ca ?? [...rootCertificates], cert, key });
  } catch (cause) {
    throw new HeapscopeError(
      'kubelet_certificate',
      `The CA or client certificate for the kubelets cannot be used: ${sentenceOf(cause)}. Check the files in PEM format.`,
      { cause }
    );
  }
}

/** The texts of files, read again when one of them changed; undefined without files. */
function createFilesReader(
  what: string,
  files: readonly string[],
  now: () => number
): () => readonly string[] | undefined {
  let texts: readonly string[] | undefined;
  let changedMs = '';
  let readMs = -Infinity;
  return () => {
    if (files.length === 0 || now() - readMs < REREAD_MS) {
      return texts;
    }
    try {
      const found = files.map((file) => statSync(file).mtimeMs).join(' ');
      texts = found === changedMs ? texts : files.map((file) => readFileSync(file, 'utf8'));
      changedMs = found;
    } catch (cause) {
      if (texts === undefined) {
        throw new HeapscopeError(
          'kubelet_certificate',
          `The ${what} for the kubelets cannot be read: ${sentenceOf(cause)}. Correct the path or its permissions.`,
          { cause }
        );
      }
    }
    readMs = now();
    return texts;
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
