/** The template's step for a job that was cancelled. */
import { afterCancel } from '../pipeline/after-cancel.ts';
import { AzurePipelinesPage, rememberedAs } from './page.ts';

await afterCancel((name) => process.env[rememberedAs(name)] ?? '', new AzurePipelinesPage(process.env));
process.stdout.write('', () => process.exit(0));
