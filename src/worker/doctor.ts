/**
 * `node src/worker/doctor.ts`: what a worker with this environment would find in Azure, as JSON. Reads from stdin
 * `{subscriptionId, plans, regions, what}`; started by `kiln doctor`.
 */
import { text } from 'node:stream/consumers';
import { environmentFromProcess } from '../azure/environment.ts';
import { lookAtAzure, type Asked } from './azure-findings.ts';

const asked = JSON.parse(await text(process.stdin)) as Asked;
process.stdout.write(JSON.stringify(await lookAtAzure(environmentFromProcess(process.env), asked)));
process.exit(0);
