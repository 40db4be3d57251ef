/** What any resource may have beside its properties, as Resource Manager itself reads a body. */
import { answered, any, choice, list, map, object, text, whole, type ObjectShape, type Shape } from './shape.ts';

const identity: Shape = object(
  {
    type: choice(['SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None']),
    principalId: answered,
    tenantId: answered,
    userAssignedIdentities: map(object({ principalId: answered, clientId: answered })),
  },
  ['type'],
);
const plan: Shape = object({ name: text, publisher: text, product: text, promotionCode: text, version: text });
const sku: Shape = object({ name: text, tier: text, size: text, family: text, capacity: whole(), model: text });
export const extendedLocation: Shape = object({ name: text, type: choice('EdgeZone') });

/** A resource with these properties; `beside` is what it has besides them that is not every resource's. */
export function resource(properties: Shape, beside: Record<string, Shape> = {}, required: string[] = []): ObjectShape {
  return object(
    {
      id: any,
      name: any,
      type: any,
      apiVersion: any,
      location: text,
      tags: map(text),
      sku,
      kind: text,
      plan,
      identity,
      zones: list(text),
      managedBy: answered,
      managedByExtended: answered,
      extendedLocation,
      etag: answered,
      eTag: answered,
      systemData: answered,
      properties,
      ...beside,
    },
    required,
  );
}
