/** What any resource may have beside its properties, as Resource Manager itself reads a body. */
import { answered, any, list, map, object, text, type ObjectShape, type Shape } from './shape.ts';

export const identity: Shape = object(
  {
    type: text,
    principalId: answered,
    tenantId: answered,
    userAssignedIdentities: map(any),
  },
  ['type'],
);
export const plan: Shape = object({ name: text, publisher: text, product: text, promotionCode: text, version: text });

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
      sku: any,
      kind: text,
      plan,
      identity,
      zones: list(text),
      managedBy: answered,
      managedByExtended: answered,
      extendedLocation: any,
      etag: answered,
      eTag: answered,
      systemData: answered,
      properties,
      ...beside,
    },
    required,
  );
}
