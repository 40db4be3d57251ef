/** `kiln doctor`: whether what builds need is there, and what a person can do where it is not. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalAzureConnection } from '../../local-azure/core.ts';
import type { BuildPlan } from '../../template/build-plan.ts';
import { planFile } from '../../template/index.ts';
import { columns } from '../columns.ts';
import { findingsOf, reasonOf, type Finding } from '../doctor/finding.ts';
import { lookAtHost } from '../doctor/host.ts';
import { askProcess } from '../doctor/processes.ts';
import { lookAtTemporal } from '../doctor/temporal.ts';
import { EXIT } from '../exit-codes.ts';
import { loadPlans, type TemplateOptions } from '../load-plan.ts';
import { isAlive, readStack } from '../services.ts';
import { subscriptionOf, type Settings } from '../settings.ts';
import { workerEnvironment } from '../stack.ts';

export interface DoctorOptions extends TemplateOptions {
  json?: boolean;
}

export async function doctor(file: string | undefined, options: DoctorOptions, settings: Settings): Promise<number> {
  // A template that cannot be read is bad input, said before anything is looked at.
  const plans = file === undefined ? undefined : loadPlans(file, options, settings);
  const [temporal, azure] = await Promise.all([
    lookAtTemporal(settings),
    settings.clientOnly
      ? []
      : settings.cloud === 'azure'
        ? realAzure(plans, options, settings)
        : localAzure(plans, options, settings),
  ]);
  const findings = [...lookAtHost(settings), ...temporal, ...azure];
  if (options.json === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else process.stdout.write(`${doctorLines(findings, process.stdout.columns ?? 120).join('\n')}\n`);
  return findings.some(({ state }) => state === 'missing') ? EXIT.failed : EXIT.done;
}

async function realAzure(
  plans: BuildPlan[] | undefined,
  options: DoctorOptions,
  settings: Settings,
): Promise<Finding[]> {
  let subscriptionId: string;
  try {
    subscriptionId = options.subscription ?? subscriptionOf(settings);
  } catch (error) {
    const todo = 'export AZURE_SUBSCRIPTION_ID=$(az account show --query id --output tsv)';
    return [findingsOf('Azure')('subscription', 'missing', reasonOf(error), todo)];
  }
  const asked = { subscriptionId, ...askedAbout(plans, subscriptionId, options.location) };
  return askProcess('worker/doctor.ts', {
    env: { ...process.env, KILN_CACHE_DIR: settings.cacheDir },
    input: JSON.stringify(asked),
  });
}

/** What plays machines here; and, while it runs, the local Azure, as its worker finds it. */
async function localAzure(
  plans: BuildPlan[] | undefined,
  options: DoctorOptions,
  settings: Settings,
): Promise<Finding[]> {
  const { stateDir, cacheDir, machine } = settings;
  const args = ['--state-dir', join(stateDir, 'azure'), '--cache-dir', cacheDir, '--machine', machine];
  const machines = askProcess('local-azure/doctor.ts', { args, env: process.env });
  const file = join(stateDir, 'azure/connection.json');
  if (!isAlive(readStack(stateDir)['azure']) || !existsSync(file)) {
    return [...(await machines), findingsOf('local Azure')('service', 'ok', 'not running; builds start it')];
  }
  const connection = JSON.parse(readFileSync(file, 'utf8')) as LocalAzureConnection;
  const { subscriptionId } = connection;
  const env = workerEnvironment(settings, { connectionOptions: {}, namespace: 'default' }, connection);
  const input = JSON.stringify({ subscriptionId, ...askedAbout(plans, subscriptionId, options.location) });
  const found = await askProcess('worker/doctor.ts', { env, input });
  return [...(await machines), ...found.map((one) => ({ ...one, area: 'local Azure' }))];
}

/** Without a template of the person's: what every build needs, and the quota of a region only where one is named. */
function askedAbout(plans: BuildPlan[] | undefined, subscriptionId: string, location: string | undefined) {
  if (plans !== undefined) return { plans, regions: true, what: 'this template' };
  const identity = `/subscriptions/${subscriptionId}/resourceGroups/none/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none`;
  const template = {
    type: 'Microsoft.VirtualMachineImages/imageTemplates',
    apiVersion: '2024-02-01',
    location: location ?? 'westeurope',
    identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } },
    properties: {
      source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
      distribute: [{ type: 'VHD', runOutputName: 'vhd' }],
    },
  };
  const planned = planFile(JSON.stringify(template), {
    fileName: 'doctor.json',
    parameters: {},
    subscriptionId,
    resourceGroup: 'none',
    runId: 'doctor',
  });
  const all = planned.ok ? planned.plans : [];
  // The identity is there to make a template of it, and is nobody's.
  const own = all.map((plan) => ({ ...plan, template: { ...plan.template, identities: [] } }));
  return { plans: own, regions: location !== undefined, what: 'any build' };
}

const MARKS = { ok: 'ok', note: 'note', missing: 'MISSING' };

function doctorLines(findings: Finding[], width: number): string[] {
  const areas = [...new Set(findings.map(({ area }) => area))];
  const missing = findings.filter(({ state }) => state === 'missing').length;
  const lines = areas.flatMap((area) => {
    const rows = findings
      .filter((one) => one.area === area)
      .flatMap(({ check, state, found, todo }) => [
        [MARKS[state], check, found],
        ...(todo === undefined ? [] : [['', '', `→ ${todo}`]]),
      ]);
    return [area, ...columns(rows, { width, whole: [0, 1] }), ''];
  });
  return [...lines, missing === 0 ? 'Nothing is missing.' : `${missing} missing: a build would fail.`];
}
