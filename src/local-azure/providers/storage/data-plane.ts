/** How Resource Manager's side of an account reaches its blobs. */
import { BlobServiceClient, newPipeline, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { ArmRequest, Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { keysOf } from './accounts.ts';
import { requireParent } from './children.ts';

export interface DataPlane {
  /** The blob service of the account that a request is about. Throws ArmError 404 ParentResourceNotFound. */
  open(request: ArmRequest): BlobServiceClient;
}

export function createDataPlane({ store, blobs }: Services): DataPlane {
  return {
    open(request) {
      const account = requireParent(store, request);
      const name = textOf(account.body['name']);
      const pipeline = newPipeline(new StorageSharedKeyCredential(name, keysOf(account)[0]));
      // Whether the account forbids its keys is nothing to Resource Manager.
      pipeline.factories.push({
        create: (next) => ({
          sendRequest(sent) {
            for (const [header, value] of Object.entries(blobs.inside)) sent.headers.set(header, value);
            return next.sendRequest(sent);
          },
        }),
      });
      return new BlobServiceClient(`${blobs.endpoint}/${name}`, pipeline);
    },
  };
}
