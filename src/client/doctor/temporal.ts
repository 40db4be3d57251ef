/** The Temporal that builds run in: whether it answers, knows Kiln's search attributes, and has a worker. */
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/messages.ts';
import { knownTemporal } from '../stack.ts';
import type { Settings } from '../settings.ts';
import { connectToTemporal } from '../temporal-connection.ts';
import { locateTemporal } from '../temporal-server.ts';
import { findingsOf, reasonOf, type Finding } from './finding.ts';

const finding = findingsOf('Temporal');
const CONNECT_MS = 5000;
// A CommonJS module whose names Node cannot see from outside.
const QUEUE_TYPES = proto.temporal.api.enums.v1.TaskQueueType;

export async function lookAtTemporal(settings: Settings): Promise<Finding[]> {
  const known = knownTemporal(settings);
  if (known === undefined) return [settings.clientOnly ? NOT_NAMED : embedded(settings)];
  const { connectionOptions, namespace } = known;
  const address = String(connectionOptions.address);
  let connection: Connection;
  try {
    connection = await connectToTemporal({ ...connectionOptions, connectTimeout: CONNECT_MS });
  } catch (error) {
    const todo = 'check TEMPORAL_ADDRESS, TEMPORAL_TLS_* and TEMPORAL_API_KEY, or temporal.toml';
    return [finding('server', 'missing', `${address} does not answer: ${reasonOf(error)}`, todo)];
  }
  try {
    const described = await connection.workflowService.describeNamespace({ namespace }).then(
      () => finding('server', 'ok', `${address}, namespace ${namespace}`),
      (error: unknown) =>
        finding(
          'server',
          'missing',
          `${address}, namespace ${namespace}: ${reasonOf(error)}`,
          `temporal operator namespace create ${namespace}, or set TEMPORAL_NAMESPACE`,
        ),
    );
    if (described.state !== 'ok') return [described];
    return [described, await attributes(connection, namespace), await workers(connection, namespace, settings)];
  } finally {
    await connection.close();
  }
}

const NOT_NAMED = finding('server', 'missing', 'none is named', 'set TEMPORAL_ADDRESS, or a profile in temporal.toml');

function embedded({ cacheDir }: Settings): Finding {
  try {
    const executable = locateTemporal(cacheDir, process.env);
    return executable === undefined
      ? finding('server', 'note', 'not running, and not here yet', 'the first build fetches it')
      : finding('server', 'ok', `not running; builds start ${executable}`);
  } catch (error) {
    return finding('server', 'missing', reasonOf(error), 'correct TEMPORAL_CLI, or unset it');
  }
}

async function attributes(connection: Connection, namespace: string): Promise<Finding> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const lacking = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
    if (lacking.length === 0) return finding('search attributes', 'ok', Object.values(SEARCH_ATTRIBUTES).join(', '));
    const flags = lacking.map((name) => `--name ${name} --type Keyword`).join(' ');
    const command = `temporal operator search-attribute create --namespace ${namespace} ${flags}`;
    return finding(
      'search attributes',
      'note',
      `${lacking.join(', ')} missing; a worker adds them, if it may`,
      command,
    );
  } catch (error) {
    return finding('search attributes', 'note', `cannot be asked for: ${reasonOf(error)}`);
  }
}

async function workers(connection: Connection, namespace: string, { clientOnly }: Settings): Promise<Finding> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: QUEUE_TYPES.TASK_QUEUE_TYPE_WORKFLOW,
  });
  if (pollers.length > 0) {
    return finding('workers', 'ok', pollers.map(({ identity }) => identity ?? '').join(', '));
  }
  const found = `none asks for work in the queue ${TASK_QUEUE}`;
  return clientOnly
    ? finding('workers', 'missing', found, 'start one where the Azure credential is: kiln worker --cloud azure')
    : finding('workers', 'note', found, 'kiln build starts one; kiln worker runs one in the foreground');
}
