/** Search attributes must be known to the namespace before a workflow sets one, else its task fails again and again. */
import type { NativeConnection } from '@temporalio/worker';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

// A CommonJS module whose names Node cannot see from outside.
const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;

/**
 * Registers the attributes that the namespace lacks.
 * @throws Error saying which command registers them, where the server does not let this client do it.
 */
export async function registerSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const operator = connection.operatorService;
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
  if (missing.length === 0) return;
  try {
    await operator.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  } catch (cause) {
    const flags = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    const command = `temporal operator search-attribute create --namespace ${namespace} ${flags}`;
    throw new Error(`the namespace lacks search attributes and refused to add them; run: ${command}`, { cause });
  }
}
