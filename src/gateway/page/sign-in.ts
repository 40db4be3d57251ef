/**
 * Signing in at Microsoft Entra ID: the authorization code flow with PKCE, run by the gateway, so that no token ever
 * reaches the browser's scripts. What is kept of the person is the session.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { ArmError } from '../arm-error.ts';
import { createIdentityReader } from '../authenticate.ts';
import type { Authority, Caller } from '../authenticate.ts';
import type { Sessions } from './sessions.ts';

export const SIGN_IN_PATH = '/kiln/sign-in';
const CALLBACK_PATH = `${SIGN_IN_PATH}/callback`;

export interface Application {
  clientId: string;
  /** Of a confidential client; a public one is known by PKCE alone. */
  clientSecret?: string;
}

export class SignIn {
  readonly #authority: string;
  readonly #application: Application;
  readonly #sessions: Sessions;
  readonly #read: (token: string, nonce: string) => Promise<Caller>;

  constructor(tokens: Authority, application: Application, sessions: Sessions) {
    this.#authority = `${tokens.authorityHost}/${tokens.tenantId}/oauth2/v2.0`;
    this.#application = application;
    this.#sessions = sessions;
    this.#read = createIdentityReader(tokens, application.clientId);
  }

  /** Sends the browser to the authority. @param to where it goes afterwards */
  async begin(c: Context, origin: string, to: string): Promise<Response> {
    const [state = '', nonce = '', verifier = ''] = Array.from({ length: 3 }, () =>
      randomBytes(32).toString('base64url'),
    );
    await this.#sessions.beginSignIn(c, { state, nonce, verifier, to: insidePage(to) });
    const query = new URLSearchParams({
      client_id: this.#application.clientId,
      response_type: 'code',
      response_mode: 'query',
      redirect_uri: `${origin}${CALLBACK_PATH}`,
      scope: 'openid profile',
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    return c.redirect(`${this.#authority}/authorize?${query.toString()}`);
  }

  /** What the authority sent the browser back with. @throws ArmError where it is no good */
  async end(c: Context, origin: string): Promise<{ caller: Caller; to: string }> {
    const begun = await this.#sessions.endSignIn(c);
    const { state, code, error_description: refused } = c.req.query();
    if (begun === undefined || state !== begun.state) {
      throw failed('it was begun in another browser, or too long ago: open the page again');
    }
    if (code === undefined) throw failed(refused ?? 'the authority sent no code');
    const token = await this.#redeem(code, begun.verifier, `${origin}${CALLBACK_PATH}`);
    try {
      return { caller: await this.#read(token, begun.nonce), to: begun.to };
    } catch (error) {
      throw failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #redeem(code: string, verifier: string, redirectUri: string): Promise<string> {
    const { clientId, clientSecret } = this.#application;
    const response = await fetch(`${this.#authority}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: clientId,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        scope: 'openid profile',
      }),
    });
    const answer = (await response.json().catch(() => ({}))) as { id_token?: string; error_description?: string };
    if (answer.id_token === undefined)
      throw failed(answer.error_description ?? `the authority answered ${response.status}`);
    return answer.id_token;
  }
}

const failed = (why: string): ArmError => new ArmError(401, 'SignInFailed', `Signing in failed: ${why}`);

/** Nothing but a path of the page: an address given in a link must not lead elsewhere. */
function insidePage(to: string): string {
  return /^\/kiln\/(?:[\w.~/%-]*)(?:\?[\w.~/%&=+-]*)?$/.test(to) ? to : '/kiln/';
}
