/** `kiln retain DEFINITION…` and `kiln schedule retain DEFINITION…`: old versions go, and none that is needed. */
import { randomBytes } from 'node:crypto';
import { parseIdOfType } from '../../template/resource-id.ts';
import type { RetentionReport, RetentionRequest } from '../../workflows/patch-messages.ts';
import { columns } from '../columns.ts';
import { EXIT } from '../exit-codes.ts';
import { failureOf } from '../kiln-client.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { putSchedule, wholeNumber } from './patching.ts';
import type { ScheduleTimes } from './patching.ts';
import { withClient } from './runs.ts';
import { groupOf } from './templates.ts';
import type { WhereOptions } from './templates.ts';

const TYPE = 'Microsoft.Compute/galleries/images';
const WIDTH = 140;

export interface RetainOptions extends WhereOptions {
  keep?: string;
  days?: string;
  dryRun?: boolean;
}

function requestOf(definitions: string[], options: RetainOptions, settings: Settings): RetentionRequest {
  const { keep, days, dryRun = false } = options;
  if (keep === undefined && days === undefined) {
    throw new UsageError('say what stays: --keep for the newest versions, --days for young ones, or both');
  }
  return {
    definitions: definitions.map((one) => definitionId(one, options, settings)),
    // A version may be the source of a template of any subscription.
    within: '',
    ...(keep === undefined ? {} : { keep: wholeNumber('--keep', keep) }),
    ...(days === undefined ? {} : { days: wholeNumber('--days', days) }),
    dryRun,
  };
}

/** `gallery/definition` in the group, or an id as it is. */
function definitionId(text: string, options: WhereOptions, settings: Settings): string {
  if (parseIdOfType(text, TYPE) !== undefined) return text;
  const [, gallery, definition] = /^([\w.]+)\/([\w.-]+)$/.exec(text) ?? [];
  if (gallery === undefined || definition === undefined) {
    throw new UsageError(`expected gallery/definition or the id of an image definition, got ${text}`);
  }
  return `${groupOf(options, settings)}/providers/Microsoft.Compute/galleries/${gallery}/images/${definition}`;
}

export function retain(definitions: string[], options: RetainOptions, settings: Settings): Promise<number> {
  const request = requestOf(definitions, options, settings);
  return withClient(settings, async ({ patching }) => {
    const { report, code } = await patching.retain(request, `kiln-retain/now-${randomBytes(4).toString('hex')}`).then(
      (done) => ({ report: done, code: EXIT.done }),
      (error: unknown) => {
        const failure = failureOf(error);
        const detail = failure?.details?.[0] as RetentionReport | undefined;
        if (failure?.type === 'NotFound') throw new UsageError(failure.message);
        if (detail?.versions === undefined) throw error;
        return { report: detail, code: EXIT.failed };
      },
    );
    if (options.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else if (report.versions.length === 0) console.log('there are no versions');
    else {
      const rows = report.versions.map(({ id, published, action, reason }) => [
        id.split('/').slice(-3).join('/'),
        published.slice(0, 10),
        action === 'WouldRemove' ? 'would go' : action,
        reason,
      ]);
      console.log(columns(rows, { width: WIDTH, indent: 0 }).join('\n'));
    }
    return code;
  });
}

export function scheduleRetention(
  definitions: string[],
  options: RetainOptions & ScheduleTimes,
  settings: Settings,
): Promise<number> {
  const request = requestOf(definitions, options, settings);
  const name = options.name ?? `retain-${definitions[0]?.split('/').at(-1) ?? 'versions'}`;
  return putSchedule(name, options, { does: 'retain', request }, settings);
}
