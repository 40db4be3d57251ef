/** Names of what belongs to one machine of a build; a build has one that is customized, and may have one that validates. */
export const osDiskOf = (machine: string): string => `${machine}-os`;
export const dataDiskOf = (machine: string, lun: number): string => `${machine}-data-${lun}`;
export const networkInterfaceOf = (machine: string): string => `${machine}-nic`;
export const publicIpOf = (machine: string): string => `${machine}-egress`;
