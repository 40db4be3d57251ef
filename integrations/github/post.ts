/** Runs after the job where it was cancelled. */
import { afterCancel } from '../pipeline/after-cancel.ts';
import { GitHubPage } from './page.ts';

await afterCancel((name) => process.env[`STATE_${name}`] ?? '', new GitHubPage(process.env));
process.stdout.write('', () => process.exit(0));
