import './reflectMetadata.ts';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509';
import type { JsonGeneralNames, X509Certificate } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 3600 * 1000;
const SERVER_AND_CLIENT_AUTH = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

/** A certificate and its private key, both in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWishes {
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly ips?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** A certificate authority made for a test. */
export interface TestAuthority {
  readonly caPem: string;
  issue(wishes: CertificateWishes): Promise<KeyPair>;
}

/** Makes an authority with a key of its own. */
export async function createAuthority(name: string): Promise<TestAuthority> {
  cryptoProvider.set(webcrypto);
  const keys = await makeKeys();
  const subject = `CN=${name}`;
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  });
  return {
    caPem: ca.toString('pem'),
    async issue(wishes) {
      const own = await makeKeys();
      const certificate = await sign(ca, keys.privateKey, own.publicKey, wishes);
      const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { cert: certificate.toString('pem'), key: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
    },
  };
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

function sign(
  ca: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  publicKey: webcrypto.CryptoKey,
  wishes: CertificateWishes
): Promise<X509Certificate> {
  const names: JsonGeneralNames = [
    ...(wishes.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(wishes.ips ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  return X509CertificateGenerator.create({
    subject: `CN=${wishes.commonName ?? 'test'}`,
    issuer: ca.subject,
    notBefore: wishes.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: wishes.notAfter ?? new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(false),
      new ExtendedKeyUsageExtension(SERVER_AND_CLIENT_AUTH),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  });
}
