import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, der, integer, octets, oid, pem, sequence, time, utf8 } from './der.ts';

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/** A key and certificate in PEM, as TLS servers take them. */
export interface ServerCertificate {
  key: string;
  cert: string;
}

/** An authority made for one run. Its certificates share one key, since making keys is what takes long. */
export interface CertificateAuthority {
  readonly caPem: string;
  /** A server certificate for these DNS names and IPv4 addresses. */
  issue(commonName: string, names: readonly string[]): ServerCertificate;
}

/** Makes a certificate authority that is valid from yesterday for a year of the real clock. */
export function createAuthority(): CertificateAuthority {
  const caKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serverKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = distinguishedName('heapscope-simulator-ca');
  const key = serverKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  let serial = 1;
  const ca = certificate(caKeys.privateKey, {
    serial,
    issuer,
    subject: issuer,
    publicKey: caKeys.publicKey,
    extensions: [
      extension('2.5.29.19', true, sequence(boolean(true))),
      extension('2.5.29.15', true, der(0x03, Buffer.from([1, 0b0000_0110]))),
    ],
  });
  return {
    caPem: ca,
    issue(commonName, names) {
      serial++;
      const cert = certificate(caKeys.privateKey, {
        serial,
        issuer,
        subject: distinguishedName(commonName),
        publicKey: serverKeys.publicKey,
        extensions: [
          extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
          extension('2.5.29.17', false, sequence(...names.map(alternativeName))),
        ],
      });
      return { key, cert };
    },
  };
}

interface Content {
  serial: number;
  issuer: Buffer;
  subject: Buffer;
  publicKey: KeyObject;
  extensions: Buffer[];
}

function certificate(signingKey: KeyObject, content: Content): string {
  const now = Date.now();
  const body = sequence(
    der(0xa0, integer(2)),
    integer(content.serial),
    ECDSA_WITH_SHA256,
    content.issuer,
    sequence(time(new Date(now - DAY_MS)), time(new Date(now + 365 * DAY_MS))),
    content.subject,
    content.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...content.extensions))
  );
  return pem('CERTIFICATE', sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, signingKey))));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extension(id: string, critical: boolean, content: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(content));
}

function alternativeName(name: string): Buffer {
  return isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
}
