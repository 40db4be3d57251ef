/** Where an operation is asked after. The template is in the address, as there is no table of operations. */
import type { TemplateAddress } from './address.ts';

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
    t: Buffer.from(id).toString('base64url'),
    ...(deletes ? { d: '1' } : {}),
  });
  const provider = `subscriptions/${subscriptionId}/providers/Microsoft.VirtualMachineImages`;
  return `${origin}/${provider}/locations/${location}/operations/${operationId}?${query.toString()}`;
}

export function operationAddress(operationId: string, query: URLSearchParams): OperationAddress {
  const templateId = Buffer.from(query.get('t') ?? '', 'base64url').toString();
  return { operationId, templateId, deletes: query.get('d') === '1' };
}
