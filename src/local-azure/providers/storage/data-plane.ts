/** How Resource Manager's side of an account reaches its blobs. */
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
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
      const credential = new StorageSharedKeyCredential(name, keysOf(account)[0]);
      return new BlobServiceClient(`${blobs.endpoint}/${name}`, credential);
    },
  };
}
