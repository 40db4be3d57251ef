/** Where an operation is asked after. The template is in the address, as there is no table of operations. */
import type { TemplateAddress } from './address.ts';

/** No digit of base64url. */
const DELETES = '.';

export interface OperationAddress {
  operationId: string;
  templateId: string;
  /** A deletion whose template is gone has succeeded. */
  deletes: boolean;
}

export function operationUrl(
  origin: string,
  { subscriptionId, id }: Pick<TemplateAddress, 'subscriptionId' | 'id'>,
  location: string,
  apiVersion: string,
  operationId: string,
  deletes = false,
): string {
  const query = new URLSearchParams({
    'api-version': apiVersion,
    // Azure's own addresses carry a time under this name, and a signature under others.
    t: `${deletes ? DELETES : ''}${Buffer.from(id).toString('base64url')}`,
  });
  const provider = `subscriptions/${subscriptionId}/providers/Microsoft.VirtualMachineImages`;
  return `${origin}/${provider}/locations/${location}/operations/${operationId}?${query.toString()}`;
}

export function operationAddress(operationId: string, query: URLSearchParams): OperationAddress {
  const t = query.get('t') ?? '';
  const deletes = t.startsWith(DELETES);
  const templateId = Buffer.from(deletes ? t.slice(DELETES.length) : t, 'base64url').toString();
  return { operationId, templateId, deletes };
}
