/**
 * What the compute provider needs of the thing that plays a virtual machine. Every method is idempotent: the server
 * may be killed at any moment and calls again what it was doing. Nothing here knows about Resource Manager.
 */

import type { MachineNetwork } from './networks.ts';
import type { Provisioning } from './provisioning.ts';

/** Content of a disk: an opaque reference under the content store (`contents/<id>`), kept until released. */
export type ContentRef = string;

export interface MachineSpec {
  /** Stable key of the machine, from its resource id; safe as a folder name. */
  key: string;
  /** What the OS disk holds. */
  content: ContentRef;
  hostname: string;
  osType: 'Linux' | 'Windows';
  /** Folders of the host that are lent to the machine, by the name it knows them by. */
  tools?: Record<string, string>;
  /** For the first start; Linux only. */
  provisioning?: Provisioning;
  /** An address of this host at which it is to be reached by SSH. */
  sshAddress?: string;
  /** Where it is reached by others of the same virtual network; absent: it shares the network of the host. */
  network?: MachineNetwork;
}

export type PowerState = 'running' | 'stopped' | 'deallocated';

export interface RunRequest {
  /** Unique within the machine: the run command's name and creation stamp. A second start with the same id starts nothing. */
  id: string;
  script: string;
  /** Positional or named parameters, as Run Command passes them. */
  parameters: Array<{ name?: string; value: string }>;
  timeoutInSeconds: number;
  /** 'root' is the default. */
  user?: string;
}

export interface RunStatus {
  state: 'Unknown' | 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Canceled';
  exitCode?: number;
  startTime?: string;
  endTime?: string;
  /** Sizes in bytes so far. */
  stdoutSize: number;
  stderrSize: number;
}

export interface Machines {
  /** What runs, in words for a person: `sandbox (rootless: user namespaces, overlay, bubblewrap)`; `simulated: nothing is run`. */
  readonly description: string;
  readonly kind: 'sandbox' | 'simulated';
  /** Content for a marketplace image (urn `publisher:offer:sku:version`); slow the first time. */
  platformContent(urn: string, osType: 'Linux' | 'Windows'): Promise<ContentRef>;
  /** Content of a disk that was made empty. */
  emptyContent(key: string): Promise<ContentRef>;
  /** A private copy-on-write disk content from another content (disk from image, image from disk). */
  copyContent(from: ContentRef, key: string): Promise<ContentRef>;
  releaseContent(ref: ContentRef): Promise<void>;

  /** Boots the machine; returns when its guest agent would report ready. Safe if it is running already. */
  start(spec: MachineSpec): Promise<void>;
  /** Stops it; what runs in it ends. Its disk content keeps every change. */
  stop(key: string): Promise<void>;
  /** `stopped` also when the guest powered itself off. */
  power(key: string): Promise<PowerState>;
  /** Removes the machine, not its content. */
  remove(key: string): Promise<void>;

  run(key: string, request: RunRequest): Promise<void>;
  status(key: string, id: string): Promise<RunStatus>;
  /** Bytes of a stream from `offset` on, at most `length`. */
  output(key: string, id: string, stream: 'stdout' | 'stderr', offset: number, length: number): Promise<Buffer>;
  cancel(key: string, id: string): Promise<void>;

  /**
   * Writes the content as a fixed VHD (a multiple of 1 MiB plus the 512-byte footer) to `file`, sparse;
   * returns the data extents, so that an upload can skip the holes.
   */
  exportVhd(
    ref: ContentRef,
    file: string,
    options: { sizeGB: number; generation: 'V1' | 'V2' },
  ): Promise<{ size: number; extents: Array<{ offset: number; length: number }> }>;

  /** Lets go of what this process holds; running machines go on and are found again by the next process. */
  close(): Promise<void>;
}
