/**
 * The local certificate authority: made at the first start, kept under `<stateDir>/ca`, renewed when near its end.
 * Clients trust `ca.pem`; the server's own certificate holds for localhost and the loopback addresses.
 */
import { webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tls from 'node:tls';
// The certificate library's dependency injection needs this first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 24 * 60 * 60 * 1000;
const RENEW_BEFORE = 30 * DAY;

export interface Certificates {
  caFile: string;
  certFile: string;
  keyFile: string;
  ca: string;
  cert: string;
  key: string;
}

export async function ensureCertificates(stateDir: string): Promise<Certificates> {
  const dir = join(stateDir, 'ca');
  const files = {
    caFile: join(dir, 'ca.pem'),
    certFile: join(dir, 'server.pem'),
    keyFile: join(dir, 'server-key.pem'),
  };
  if (!(await stillGood(files.caFile)) || !(await stillGood(files.certFile)) || !existsSync(files.keyFile)) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const made = await issueCertificates();
    await writeFile(files.keyFile, made.key, { mode: 0o600 });
    await writeFile(files.certFile, made.cert);
    await writeFile(files.caFile, made.ca);
  }
  const [ca, cert, key] = await Promise.all(
    [files.caFile, files.certFile, files.keyFile].map((file) => readFile(file, 'utf8')),
  );
  return { ...files, ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
}

/**
 * Makes this process trust the CA besides all it trusts already: Azurite copies between accounts through its own https
 * address, and the providers talk to it too. NODE_EXTRA_CA_CERTS stays in force ('default' holds it).
 */
export function trust(ca: string): void {
  tls.setDefaultCACertificates([...new Set([...tls.getCACertificates('default'), ca])]);
}

async function stillGood(file: string): Promise<boolean> {
  if (!existsSync(file)) {
    return false;
  }
  const certificate = new x509.X509Certificate(await readFile(file, 'utf8'));
  return certificate.notAfter.getTime() - Date.now() > RENEW_BEFORE;
}

/** The CA's own key is forgotten at once: nothing else can ever be signed with what clients trust. */
async function issueCertificates() {
  x509.cryptoProvider.set(webcrypto);
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const notBefore = new Date(Date.now() - DAY);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Kiln local Azure CA ${Date.now().toString(36)}`,
    notBefore,
    notAfter: new Date(Date.now() + 3650 * DAY),
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const server = await x509.X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: ca.subject,
    notBefore,
    // Apple's clients refuse server certificates of more than 825 days.
    notAfter: new Date(Date.now() + 800 * DAY),
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: '*.localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  return {
    ca: `${ca.toString('pem')}\n`,
    cert: `${server.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
