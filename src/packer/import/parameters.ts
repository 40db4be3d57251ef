export const DEFINITION = 'Microsoft.Compute/galleries/images';

/** Of a deployment template. */
export interface Parameter {
  type: 'string';
  defaultValue?: string;
  metadata: { description: string };
}
