/** Kiln as a library: a client for builds, and the way from a template's text to a plan. */
export { KilnClient } from './kiln-client.ts';
export type { BuildSummary, Live } from './kiln-client.ts';
export { formatProblems, planFile, readParametersFile } from '../template/index.ts';
