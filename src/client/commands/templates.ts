/** `kiln template …`: image templates that stay. */
import { formatProblems, tooLargeToKeep } from '../../template/index.ts';
import { parseIdOfType } from '../../template/resource-id.ts';
import type { TemplateView } from '../../workflows/template-messages.ts';
import { columns } from '../columns.ts';
import { priceBook } from '../costs/of-runs.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import type { KilnClient } from '../kiln-client.ts';
import { DEFAULT_GROUP, loadTemplates } from '../load-plan.ts';
import type { TemplateOptions } from '../load-plan.ts';
import { LocalFiles } from '../local-files.ts';
import { resultLines, resultOf } from '../result-lines.ts';
import { pause } from '../services.ts';
import { subscriptionOf, UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { TemplateRefusal } from '../template-client.ts';
import type { TemplateClient } from '../template-client.ts';
import { watchBuild } from '../watch-build.ts';
import type { Stack } from '../stack.ts';
import { withClient } from './runs.ts';

const TYPE = 'Microsoft.VirtualMachineImages/imageTemplates';
const LOOK_EVERY_MS = 200;
export const WIDTH = 140;

export interface WhereOptions {
  resourceGroup?: string;
  subscription?: string;
  json?: boolean;
}

/** Of a name in the group, or an id as it is. */
export function templateIdOf(nameOrId: string, options: WhereOptions, settings: Settings): string {
  if (parseIdOfType(nameOrId, TYPE) !== undefined) return nameOrId;
  if (!/^[A-Za-z0-9-_.]{1,64}$/.test(nameOrId)) {
    throw new UsageError(`expected a template's name or resource id, got ${nameOrId}`);
  }
  return `${groupOf(options, settings)}/providers/${TYPE}/${nameOrId}`;
}

export function groupOf({ resourceGroup = DEFAULT_GROUP, subscription }: WhereOptions, settings: Settings): string {
  return `/subscriptions/${subscription ?? subscriptionOf(settings)}/resourceGroups/${resourceGroup}`;
}

/** Refusals are the person's to mend. */
export async function withTemplates<T>(
  settings: Settings,
  work: (templates: TemplateClient, client: KilnClient, stack: Stack) => Promise<T>,
): Promise<T> {
  return withClient(settings, async (client, stack) => {
    try {
      return await work(client.templates, client, stack);
    } catch (error) {
      if (error instanceof TemplateRefusal) throw new UsageError(error.message);
      throw error;
    }
  });
}

export function createTemplate(file: string, options: TemplateOptions & WhereOptions, settings: Settings) {
  const files = new LocalFiles(file, { keep: true });
  const submissions = loadTemplates(file, options, settings, files);
  const large = submissions.flatMap((submission) => tooLargeToKeep(submission) ?? []);
  if (large.length > 0) throw new UsageError(formatProblems(file, large));
  return withTemplates(settings, async (templates) => {
    let code: number = EXIT.done;
    for (const submission of submissions) {
      const { id, name } = submission.plan.template;
      const { revision } = await templates.put(submission);
      const done = await settledView(templates, id);
      if (options.json === true) print(done);
      else if (done.provisioningState === 'Succeeded') {
        console.log(`${name}: ${revision === 1 ? 'created' : `revision ${revision}`}; kiln template run ${name}`);
      } else {
        const { provisioningErrorCode = '', message = '' } = done.provisioningError ?? {};
        console.log(`${name}: ${done.provisioningState} (${provisioningErrorCode}): ${message}`);
      }
      if (done.provisioningState !== 'Succeeded') code = EXIT.failed;
    }
    return code;
  });
}

async function settledView(templates: TemplateClient, id: string): Promise<TemplateView> {
  for (;;) {
    const view = await templates.get(id);
    if (view.provisioningState !== 'Creating' && view.provisioningState !== 'Updating') return view;
    await pause(LOOK_EVERY_MS);
  }
}

export interface RunTemplateOptions extends WhereOptions {
  ifChanged?: boolean;
  wait?: boolean;
}

/** Watched to its end as `kiln build` does, unless `--no-wait`. */
export function runTemplate(name: string, options: RunTemplateOptions, settings: Settings): Promise<number> {
  const id = templateIdOf(name, options, settings);
  const book = priceBook(settings);
  return withTemplates(settings, async (templates, client, stack) => {
    const out = options.json === true ? process.stderr : process.stdout;
    const { runId, skipped } = await templates.run(id, { by: 'person', ifChanged: options.ifChanged === true });
    if (runId === undefined) {
      out.write(`${skipped}\n`);
      return EXIT.done;
    }
    out.write(`run ${runId}\n`);
    if (options.wait === false) return EXIT.done;
    // The template starts its run, which may not be there yet.
    while (!(await client.exists(runId))) await pause(LOOK_EVERY_MS);
    const end = await watchBuild(client, runId, stack, out);
    if (end.ended === 'detached') return EXIT.canceled;
    const result = await resultOf(client, stack, end.status, book);
    if (options.json === true) print(result);
    else out.write(`${resultLines(result).join('\n')}\n`);
    return exitCodeOf(end.status);
  });
}

export function showTemplate(name: string, options: WhereOptions, settings: Settings): Promise<number> {
  const id = templateIdOf(name, options, settings);
  return withTemplates(settings, async (templates) => {
    const view = await templates.get(id);
    if (options.json === true) print(view);
    else console.log(viewLines(view).join('\n'));
    return EXIT.done;
  });
}

function viewLines(view: TemplateView): string[] {
  const { plan, provisioningError, runs, triggers } = view;
  const facts = [
    ['template', view.id],
    ['state', `${view.provisioningState}, revision ${view.revision}`],
    ...(provisioningError === undefined
      ? []
      : [['error', `${provisioningError.provisioningErrorCode}: ${provisioningError.message}`]]),
    ['region', plan.template.location],
    ...(view.exactVersion === undefined ? [] : [['source', `version ${view.exactVersion}`]]),
    ...(view.stagingResourceGroup === undefined ? [] : [['staging', view.stagingResourceGroup]]),
    ...triggers.map(({ name, status }) => ['trigger', `${name}: ${status.code}. ${status.message}`]),
  ];
  const rows = runs.map(({ runId, state, by, revision, startTime, message }) => [
    runId,
    state,
    by,
    `revision ${revision}`,
    startTime,
    message,
  ]);
  return [
    ...columns(facts, { width: WIDTH, indent: 0 }),
    ...(rows.length === 0 ? ['no runs yet'] : ['runs', ...columns(rows, { width: WIDTH, whole: [0] })]),
  ];
}

export function listTemplates(options: WhereOptions, settings: Settings): Promise<number> {
  const within =
    options.resourceGroup === undefined
      ? `/subscriptions/${options.subscription ?? subscriptionOf(settings)}`
      : groupOf(options, settings);
  return withTemplates(settings, async (templates) => {
    const all = await templates.listAll(within);
    if (options.json === true) print(all);
    else if (all.length === 0) console.log('no templates yet: kiln template create FILE');
    else {
      const rows = all.map(({ name, plan, provisioningState, runs: [last] }) => [
        name,
        plan.template.resourceGroup,
        plan.template.location,
        provisioningState,
        last === undefined ? 'never run' : `${last.state} ${last.startTime}`,
      ]);
      console.log(columns(rows, { width: WIDTH, indent: 0 }).join('\n'));
    }
    return EXIT.done;
  });
}

export function showOutputs(name: string, options: WhereOptions, settings: Settings): Promise<number> {
  const id = templateIdOf(name, options, settings);
  return withTemplates(settings, async (templates) => {
    const outputs = (await templates.get(id)).runs[0]?.outputs ?? [];
    if (options.json === true) print(outputs);
    else if (outputs.length === 0) console.log('its last run has no outputs');
    else {
      const rows = outputs.map(({ runOutputName, state, artifactId, artifactUri, message }) => [
        runOutputName,
        state,
        artifactId ?? artifactUri ?? message ?? '',
      ]);
      console.log(columns(rows, { width: WIDTH, indent: 0 }).join('\n'));
    }
    return EXIT.done;
  });
}

export function cancelTemplate(name: string, options: WhereOptions, settings: Settings): Promise<number> {
  const id = templateIdOf(name, options, settings);
  return withTemplates(settings, async (templates) => {
    await templates.cancel(id);
    for (;;) {
      const [run] = (await templates.get(id)).runs;
      if (run?.endTime !== undefined) {
        console.log(`${run.runId}: ${run.state}`);
        return EXIT.done;
      }
      await pause(LOOK_EVERY_MS);
    }
  });
}

export function deleteTemplate(name: string, options: WhereOptions, settings: Settings): Promise<number> {
  const id = templateIdOf(name, options, settings);
  return withTemplates(settings, async (templates) => {
    const { plan } = await templates.get(id);
    await templates.delete(id);
    const { leftovers } = await templates.deleted(id);
    const staged = plan.distribute.some((one) => one.type === 'VHD' && one.uri === undefined);
    console.log(`${name}: deleted; its images stay${staged ? ', VHDs in its staging group are gone with that' : ''}`);
    for (const left of leftovers) console.log(`left: ${left.id}: ${left.reason}`);
    return leftovers.length === 0 ? EXIT.done : EXIT.failed;
  });
}

export const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
