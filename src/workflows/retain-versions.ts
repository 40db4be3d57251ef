/** Retention: old versions of image definitions go, and none that is needed. */
import { ApplicationFailure, defineQuery, setHandler } from '@temporalio/workflow';
import type { GalleryVersion, KnownTemplate } from '../activities/contract.ts';
import { sameId } from '../template/resource-id.ts';
import { asking, patching, removing } from './activity-proxies.ts';
import { describeFailure } from './build-failure.ts';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from './messages.ts';
import { QUERY_RETENTION } from './patch-messages.ts';
import type { RetentionReport, RetentionRequest } from './patch-messages.ts';
import { QUERY_TEMPLATE } from './template-messages.ts';

const DAY_MS = 86_400_000;

export async function retainVersions(request: RetentionRequest): Promise<RetentionReport> {
  const report: RetentionReport = { dryRun: request.dryRun, versions: [] };
  setHandler(defineQuery<RetentionReport>(QUERY_RETENTION), () => report);
  const templates = await patching('Look for templates that use versions').findTemplates({
    workflowType: WORKFLOWS.imageTemplate,
    query: QUERY_TEMPLATE,
    within: request.within,
  });
  // Builds that are of no template too.
  const inUse = await patching('Look for builds that use versions').findSourcesInUse({
    workflowType: WORKFLOWS.buildImage,
    attribute: SEARCH_ATTRIBUTES.source,
  });
  for (const definition of request.definitions) {
    const versions = await asking(`Versions of ${definition.split('/').at(-1)}`).listVersions(definition);
    for (const version of newestFirst(versions)) {
      const reason = whyKept(version, { definition, versions, templates, inUse, request, now: Date.now() });
      const { id, published } = version;
      if (reason !== undefined) report.versions.push({ id, published, action: 'Kept', reason });
      else if (request.dryRun) report.versions.push({ id, published, action: 'WouldRemove', reason: 'old' });
      else report.versions.push(await remove(version));
    }
  }
  const failed = report.versions.filter(({ action }) => action === 'Failed');
  if (failed.length === 0) return report;
  const message = failed.map(({ id, reason }) => `${id}: ${reason}`).join('; ');
  throw ApplicationFailure.create({ type: 'NotRemoved', message, nonRetryable: true, details: [report] });
}

async function remove({ id, published, name }: GalleryVersion): Promise<RetentionReport['versions'][number]> {
  try {
    await removing(`Remove version ${name}`).removeVersion(id);
    return { id, published, action: 'Removed', reason: 'old' };
  } catch (error) {
    return { id, published, action: 'Failed', reason: describeFailure(error, 'CleaningUp', undefined).message };
  }
}

const newestFirst = (versions: GalleryVersion[]): GalleryVersion[] =>
  versions.toSorted((left, right) => Date.parse(right.published) - Date.parse(left.published));

interface Case {
  definition: string;
  versions: GalleryVersion[];
  templates: KnownTemplate[];
  /** Ids of versions that running builds are made from. */
  inUse: string[];
  request: RetentionRequest;
  now: number;
}

/** Undefined where the version may go. */
export function whyKept(version: GalleryVersion, { definition, versions, templates, inUse, request, now }: Case) {
  const ordered = newestFirst(versions);
  const { keep, days } = request;
  if (!version.byKiln) return 'not made by Kiln';
  if (!version.settled) return 'still being published';
  if (version.id === ordered.find(({ good }) => good)?.id) return 'the newest good version';
  const above = ordered.findIndex(({ id }) => id === version.id);
  if (keep !== undefined && above < keep) return `among the newest ${keep}`;
  const age = (now - Date.parse(version.published)) / DAY_MS;
  // What has no date is as young as can be.
  if (days !== undefined && !(age >= days)) return `younger than ${days} days`;
  if (inUse.some((id) => sameId(id, version.id))) return 'a build from it is under way';
  for (const template of templates) {
    const { name, builtOn, sourceVersionId, usedVersion, running } = template;
    if (builtOn === undefined || !sameId(builtOn, definition)) continue;
    if (running) return `${name} is building on this definition`;
    if (sourceVersionId !== undefined && sameId(sourceVersionId, version.id)) return `the source of ${name}`;
    if (usedVersion === version.name) return `${name} was last built on it`;
  }
  return undefined;
}
