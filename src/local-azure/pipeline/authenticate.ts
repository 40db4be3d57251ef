/** Stage 2: who asks. */
import { ARM_AUDIENCES, type Authority } from '../authority.ts';
import { ArmError, LOCAL_TENANT } from '../core.ts';
import type { Stage } from './environment.ts';
/** Who asks. Clients without a tenant find it in the WWW-Authenticate header. */
export function authenticate(authority: Authority): Stage {
  return async (c, next) => {
    const header = c.req.header('authorization');
    const token = /^Bearer (.+)$/i.exec(header ?? '')?.[1];
    const authenticateHeader = `Bearer authorization_uri="${c.get('origin')}/${LOCAL_TENANT}", error="invalid_token"`;
    if (token === undefined) {
      c.header('WWW-Authenticate', authenticateHeader);
      throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
    }
    try {
      c.set('principal', await authority.verify(token, [...ARM_AUDIENCES, c.get('origin')]));
    } catch (error) {
      c.header('WWW-Authenticate', authenticateHeader);
      throw new ArmError(401, 'InvalidAuthenticationToken', `The access token is invalid: ${(error as Error).message}`);
    }
    await next();
  };
}
