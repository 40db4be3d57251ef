/** The body of a trigger: the service's rules, all that is wrong at once. */
import { normalizeRegion } from '../template/resource-id.ts';
import type { TemplateView } from '../workflows/template-messages.ts';
import { ArmError } from './arm-error.ts';

const TRIGGER_FIELDS = ['id', 'name', 'type', 'location', 'systemData', 'properties'];
const TRIGGER_PROPERTIES = ['kind', 'status', 'provisioningState'];

/** @throws ArmError 400 */
export function checkTrigger(name: string, body: Record<string, unknown>, { plan }: TemplateView): void {
  const { location = plan.template.location } = body;
  const properties = typeof body['properties'] === 'object' && body['properties'] !== null ? body['properties'] : {};
  const kind = 'kind' in properties ? properties.kind : undefined;
  const unknown = [
    ...Object.keys(body).filter((field) => !TRIGGER_FIELDS.includes(field)),
    ...Object.keys(properties)
      .filter((field) => !TRIGGER_PROPERTIES.includes(field))
      .map((field) => `properties.${field}`),
  ];
  const problems = [
    ...(/^[A-Za-z0-9-_.]{1,64}$/.test(name)
      ? []
      : [{ target: 'name', message: 'expected 1 to 64 letters, digits, dashes, underscores and dots' }]),
    ...(kind === 'SourceImage'
      ? []
      : [{ target: 'properties.kind', message: `expected SourceImage, got ${JSON.stringify(kind) ?? 'nothing'}` }]),
    ...(normalizeRegion(String(location)) === plan.template.location
      ? []
      : [{ target: 'location', message: `expected the template's own, ${plan.template.location}` }]),
    ...unknown.map((target) => ({ target, message: 'is not a field of a trigger' })),
  ];
  if (problems.length === 0) return;
  const details = problems.map((problem) => ({ code: 'ValidationFailed', ...problem }));
  const told = problems.map(({ target, message }) => `'Trigger.${target}': ${message}`).join('; ');
  throw new ArmError(400, 'ValidationFailed', `Validation failed: ${told}`, details);
}
