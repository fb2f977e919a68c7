import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { IncomingMessage } from 'node:http';

/** Longest way from a client's certificate to an authority. */
const MOST_INTERMEDIATES = 5;

/** A client certificate that the TLS handshake found in order, for whichever of the trusted authorities. */
export interface ClientCertificate {
  readonly leaf: X509Certificate;
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** What a connection shows; `unverified` if it shows a certificate that is not in order. */
export function clientCertificateOf({ socket }: IncomingMessage): ClientCertificate | 'none' | 'unverified' {
  const leaf = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!leaf || !(socket instanceof TLSSocket)) {
    return 'none';
  }
  if (!socket.authorized) {
    return 'unverified';
  }
  const { CN, O } = leaf.toLegacyObject().subject as { CN?: unknown; O?: unknown };
  const organizations = (Array.isArray(O) ? O : [O]).filter((name) => typeof name === 'string');
  // More than one common name is nobody's.
  return { leaf, commonName: typeof CN === 'string' ? CN : '', organizations };
}

/** The certificates of a PEM bundle; those that cannot be read are left out. */
export function readBundle(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      // One that nobody can read vouches for nobody.
      return [];
    }
  });
}

/**
 * Whether a certificate leads to one of these authorities now. The handshake has verified it for all authorities that
 * were trusted then; connections live on, and authorities differ in what they vouch for.
 */
export function isVouchedFor(
  { leaf }: ClientCertificate,
  authorities: readonly X509Certificate[],
  nowMs: number
): boolean {
  let current = leaf;
  for (let step = 0; step <= MOST_INTERMEDIATES; step++) {
    const child = current;
    if (!isInTime(child, nowMs)) {
      return false;
    }
    if (authorities.some((authority) => isInTime(authority, nowMs) && hasSigned(authority, child))) {
      return true;
    }
    const parent = child.issuerCertificate;
    if (!parent || !parent.ca || parent.fingerprint256 === child.fingerprint256 || !hasSigned(parent, child)) {
      return false;
    }
    current = parent;
  }
  return false;
}

function hasSigned(authority: X509Certificate, child: X509Certificate): boolean {
  return child.checkIssued(authority) && child.verify(authority.publicKey);
}

function isInTime({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}
