/** What a build leaves: images and versions by region and replica, and the way there. Pure. */
import type { PlannedDistributor } from '../../template/build-plan.ts';
import type { Basis, Disk, Part } from './estimate.ts';
import type { PriceBook } from './price-book.ts';

const AS_IF_FULL = 'disks as if full: Azure bills what is used of them';

export function outputParts({ plan, outputs }: Basis, disks: Disk[], book: PriceBook): Part[] {
  const from = plan.template.location;
  const gib = disks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  const there = plan.distribute.filter(({ runOutputName }) => outputs?.has(runOutputName) ?? true);
  return plan.validate?.sourceValidationOnly === true ? [] : there.flatMap(partsOf);

  function partsOf(output: PlannedDistributor): Part[] {
    const { runOutputName } = output;
    switch (output.type) {
      case 'ManagedImage': {
        const what = `managed image ${runOutputName} in ${output.location}`;
        const found = book.named('image', 'Standard_LRS', output.location);
        return [...way(runOutputName, output.location), kept(what, found, 1, `${gib} GiB on Standard_LRS`)];
      }
      case 'VHD': {
        const found = book.named('page-blob', 'Standard_LRS', from);
        return [kept(`VHD ${runOutputName}`, found, 1, `${gib} GiB as a page blob on Standard_LRS in ${from}`)];
      }
      case 'SharedImage':
        return output.targetRegions
          .filter(({ name }) => outputs?.get(runOutputName)?.has(name) ?? true)
          .flatMap(({ name, replicaCount, storageAccountType }) => {
            const replicas = `${replicaCount} ${replicaCount === 1 ? 'replica' : 'replicas'}`;
            const assumes = `${gib} GiB × ${replicas} on ${storageAccountType}`;
            const found = book.named('image', storageAccountType, name);
            return [...way(runOutputName, name), kept(`${runOutputName} in ${name}`, found, replicaCount, assumes)];
          });
    }
  }

  function kept(what: string, found: Part['found'], times: number, assumes: string): Part {
    return { what, when: 'monthly', found, quantity: gib * times, assumes: [assumes, AS_IF_FULL] };
  }

  /** Nothing is charged for what stays in its region. */
  function way(runOutputName: string, to: string): Part[] {
    if (to === from) return [];
    const what = `egress ${from} → ${to} for ${runOutputName}`;
    const assumes = [`${gib} GiB, the first replica of a region`, AS_IF_FULL];
    return [{ what, when: 'once', found: book.egress(from, to), quantity: gib, assumes }];
  }
}
