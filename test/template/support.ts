/** Templates to plan, and the options that plan them. */
import assert from 'node:assert/strict';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import { formatProblems, planFile } from '../../src/template/index.ts';
import type { PlanOptions, TemplateProblem } from '../../src/template/index.ts';

export const SUBSCRIPTION = '00000000-0000-0000-0000-000000000000';
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/images`;
export const IDENTITY = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder`;
export const DEFINITION = `${GROUP}/providers/Microsoft.Compute/galleries/golden/images/linux`;
export const IMAGE = `${GROUP}/providers/Microsoft.Compute/images/linux`;

export const OPTIONS: PlanOptions = {
  fileName: 'sample.json',
  parameters: {},
  subscriptionId: SUBSCRIPTION,
  resourceGroup: 'images',
  runId: 'run',
  now: new Date('2026-03-04T05:06:07Z'),
  newGuid: () => '11111111-2222-4333-8444-555555555555',
};

export const SOURCE = { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2' };

/** A resource of a deployment, with what every template needs. */
export function resource(properties: object = {}, more: object = {}): Record<string, unknown> {
  return {
    type: 'Microsoft.VirtualMachineImages/imageTemplates',
    apiVersion: '2025-10-01',
    name: 'sample',
    location: 'westeurope',
    identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
    properties: { source: SOURCE, distribute: [{ type: 'VHD', runOutputName: 'disk' }], ...properties },
    ...more,
  };
}

export function deployment(resources: unknown, more: object = {}): string {
  return JSON.stringify({ $schema: 'deploymentTemplate.json#', resources, ...more });
}

export function plansOf(text: string, options: Partial<PlanOptions> = {}): BuildPlan[] {
  const result = planFile(text, { ...OPTIONS, ...options });
  if (!result.ok) assert.fail(formatProblems('the template', result.problems));
  return result.plans;
}

export function planOf(text: string, options: Partial<PlanOptions> = {}): BuildPlan {
  const [plan, ...others] = plansOf(text, options);
  assert.ok(plan !== undefined && others.length === 0);
  return plan;
}

export function problemsOf(text: string, options: Partial<PlanOptions> = {}): TemplateProblem[] {
  const result = planFile(text, { ...OPTIONS, ...options });
  assert.ok(!result.ok, 'expected the template to be refused');
  return result.problems;
}

/** `path: message`, one a problem. */
export function toldOf(text: string, options: Partial<PlanOptions> = {}): string[] {
  return problemsOf(text, options).map(({ path, message }) => `${path}: ${message}`);
}

/** The value of an expression, by way of a deployment's only tag. */
export function valueOf(expression: string, more: object = {}, options: Partial<PlanOptions> = {}): unknown {
  const text = deployment([resource({}, { tags: { value: `[string(createObject('is', ${expression}))]` } })], more);
  const { is } = JSON.parse(planOf(text, options).template.tags['value'] ?? '') as { is: unknown };
  return is;
}

/** Why an expression is refused. */
export function refusalOf(expression: string, more: object = {}): string {
  const [problem, ...others] = problemsOf(deployment([resource({}, { tags: { value: `[${expression}]` } })], more));
  assert.ok(problem !== undefined && others.length === 0);
  assert.equal(problem.path, 'resources[0].tags.value');
  return problem.message;
}
