import type { Services } from '../../core.ts';
import type { OperationEngine } from '../../operations.ts';

/** Emptying a group needs to know more of operations than other providers do. */
export interface ResourcesServices extends Services {
  operations: OperationEngine;
}
