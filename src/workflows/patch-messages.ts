/** What passes between a patching of images and everybody who looks at it. Types and constants only. */

export interface PatchRequest {
  /** Ids of templates; absent: all within. */
  templates?: string[];
  /** A subscription's or a resource group's id, in which templates and their children are looked for. */
  within: string;
  /** Only templates with this tag; without a value, with any. */
  tag?: { name: string; value?: string };
  /** Templates that build on what these make are patched too. */
  chain: boolean;
  /** Runs at the same time. */
  concurrency: number;
  /** Runs also where nothing has changed. */
  force: boolean;
  /** Name of a tag whose values, in their order, are waves: one begins when all of the former one succeeded. */
  waves?: string;
  /** Of a schedule that started it: paused after so many failures in a row. */
  schedule?: { id: string; pauseAfter: number };
}

export type PatchState = 'Pending' | 'Running' | 'Succeeded' | 'PartiallySucceeded' | 'Failed' | 'Skipped' | 'NotRun';

export interface PatchEntry {
  templateId: string;
  name: string;
  /** Names of the templates of this patching that it builds on. */
  parents: string[];
  wave?: string;
  state: PatchState;
  runId?: string;
  /** Why it was skipped, not run, or failed. */
  reason?: string;
}

/** Query of workflow `patchImages`, and its result; a failed one has it as the failure's first detail. */
export const QUERY_PATCH = 'patch';
export interface PatchReport {
  entries: PatchEntry[];
}

export interface RetentionRequest {
  /** Ids of image definitions. */
  definitions: string[];
  /** Where templates are looked for that use a version as their source; empty: everywhere. */
  within: string;
  /** Newest versions that stay; absent: all that are young enough. */
  keep?: number;
  /** Versions younger than so many days stay; absent: all that are among the newest. */
  days?: number;
  /** Says what would go. */
  dryRun: boolean;
}

/** Query of workflow `retainVersions`, and its result; a failed one has it as the failure's first detail. */
export const QUERY_RETENTION = 'retention';
export interface RetentionReport {
  dryRun: boolean;
  versions: Array<{
    id: string;
    published: string;
    action: 'Kept' | 'Removed' | 'WouldRemove' | 'Failed';
    reason: string;
  }>;
}
