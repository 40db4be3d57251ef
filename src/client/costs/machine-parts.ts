/** What a build needs while it runs: machines, their disks and addresses, and what is staged. Pure. */
import type { Basis, Disk, Part } from './estimate.ts';
import { MONTH_HOURS } from './price-book.ts';
import type { PriceBook } from './price-book.ts';

/** Scripts and logs of a build are some megabytes; rounded up to what is worth a figure. */
const STAGED_GIB = 0.1;

export function machineParts({ plan, vmSize, osType, times }: Basis, disks: Disk[], book: PriceBook): Part[] {
  const region = plan.template.location;
  const size = vmSize ?? 'a machine of a size that is not known';
  const found = vmSize === undefined ? undefined : book.machine(vmSize, osType, region);
  const machine = (what: string, hours: number): Part => ({
    what,
    when: 'once',
    found,
    quantity: hours,
    assumes: [minutes(hours), `times ${times.from}`],
  });
  const validates = times.validation > 0;
  // The disks of the machine that validates are there while it is.
  const hours = times.all + times.validation;
  return [
    machine(`${size}, ${osType}, in ${region}`, times.machine),
    ...(validates ? [machine(`${size} that validates`, times.validation)] : []),
    ...disks.map(({ what, sizeGiB, assumes }): Part => ({
      what: `${what} of ${sizeGiB === 0 ? 'a size that is not known' : `${sizeGiB} GiB`}`,
      when: 'once',
      found: book.disk('Premium_LRS', sizeGiB, region),
      quantity: hours / MONTH_HOURS,
      assumes: ['Premium SSD', `${minutes(hours)}, from the first resource to the last`, ...assumes],
    })),
    ...(plan.machine.subnetId === undefined
      ? [
          {
            what: validates ? 'public addresses' : 'public address',
            when: 'once' as const,
            found: book.named('public-address', 'Standard', region),
            quantity: hours,
            assumes: [`${minutes(hours)}, from the first resource to the last`],
          },
        ]
      : []),
    {
      what: 'staging storage',
      when: 'monthly',
      found: book.named('blob', 'Standard_LRS', region),
      quantity: STAGED_GIB,
      assumes: [`${STAGED_GIB} GiB of scripts and logs, until kiln delete`],
    },
  ];
}

function minutes(hours: number): string {
  const count = hours * 60;
  return `${count >= 10 ? count.toFixed(0) : count.toFixed(1)} minutes`;
}
