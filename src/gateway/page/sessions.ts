/**
 * A browser's session: an encrypted cookie that holds who it is, so that any gateway with the same key knows it and none
 * keeps it. The key comes from the private key of the gateway's certificate: it outlives a restart and needs no setting.
 */
import { hkdfSync } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { EncryptJWT, jwtDecrypt } from 'jose';
import type { Caller } from '../authenticate.ts';

const SESSION_SECONDS = 12 * 3600;
const SIGN_IN_SECONDS = 600;
const CIPHER = { alg: 'dir', enc: 'A256GCM' } as const;

export interface Visitor extends Caller {
  name: string;
}

export interface Session extends Visitor {
  /** Milliseconds since 1970. */
  expires: number;
}

/** What must come back from the authority unchanged. */
export interface SignInState {
  state: string;
  nonce: string;
  verifier: string;
  to: string;
}

type Purpose = 'session' | 'sign-in';

export class Sessions {
  readonly #key: Uint8Array;

  constructor(privateKey: string | Buffer) {
    this.#key = new Uint8Array(hkdfSync('sha256', privateKey, '', 'kiln page sessions', 32));
  }

  async open(c: Context): Promise<Session | undefined> {
    const sealed = getCookie(c, cookieName(c, 'session'));
    const held = sealed === undefined ? undefined : await this.#unseal<Visitor & { exp: number }>(sealed, 'session');
    if (held === undefined) return undefined;
    const { objectId, names, name, exp } = held;
    return { objectId, names, name, expires: exp * 1000 };
  }

  /** @param names of the visitor that roles may be given to; a cookie has room for few, so only those that matter */
  async begin(c: Context, { objectId, names, name }: Visitor): Promise<void> {
    const sealed = await this.#seal({ objectId, names, name }, 'session', SESSION_SECONDS);
    // Strict: what shows data is fetched by the page itself, which is the same site.
    setCookie(c, cookieName(c, 'session'), sealed, { ...attributes(c), sameSite: 'Strict', maxAge: SESSION_SECONDS });
  }

  end(c: Context): void {
    deleteCookie(c, cookieName(c, 'session'), attributes(c));
  }

  async beginSignIn(c: Context, state: SignInState): Promise<void> {
    const sealed = await this.#seal({ ...state }, 'sign-in', SIGN_IN_SECONDS);
    // Lax: the authority sends the browser back, which is another site.
    setCookie(c, cookieName(c, 'sign-in'), sealed, { ...attributes(c), sameSite: 'Lax', maxAge: SIGN_IN_SECONDS });
  }

  /** Once: the cookie goes with it. */
  async endSignIn(c: Context): Promise<SignInState | undefined> {
    const sealed = getCookie(c, cookieName(c, 'sign-in'));
    deleteCookie(c, cookieName(c, 'sign-in'), attributes(c));
    return sealed === undefined ? undefined : this.#unseal<SignInState>(sealed, 'sign-in');
  }

  #seal(held: Record<string, unknown>, purpose: Purpose, seconds: number): Promise<string> {
    return new EncryptJWT(held)
      .setProtectedHeader(CIPHER)
      .setAudience(purpose)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .encrypt(this.#key);
  }

  async #unseal<T>(sealed: string, purpose: Purpose): Promise<T | undefined> {
    try {
      const options = { audience: purpose, keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
      const { payload } = await jwtDecrypt<T>(sealed, this.#key, options);
      return payload;
    } catch {
      return undefined;
    }
  }
}

export const isSecure = (c: Context): boolean => new URL(c.req.url).protocol === 'https:';

const attributes = (c: Context) => ({ path: '/', httpOnly: true, secure: isSecure(c) });

/** Cookies do not tell ports apart, and two stacks on one machine would end each other's sessions. */
function cookieName(c: Context, purpose: Purpose): string {
  const { port } = new URL(c.req.url);
  return `${isSecure(c) ? '__Host-' : ''}kiln-${purpose}${port === '' ? '' : `-${port}`}`;
}
