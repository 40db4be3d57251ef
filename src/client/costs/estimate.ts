/** What a build costs: once, and a month for as long as its outputs are kept. Every figure says what it assumes. Pure. */
import type { BuildPlan } from '../../template/build-plan.ts';
import { machineParts } from './machine-parts.ts';
import { outputParts } from './output-parts.ts';
import type { Found, PriceBook } from './price-book.ts';

/** What is known of a build beside its plan. */
export interface Basis {
  plan: BuildPlan;
  /** Absent: it is not known which. */
  vmSize?: string;
  osType: 'Linux' | 'Windows';
  /** Of the source; absent: not known. */
  osDiskSizeGB?: number;
  times: Times;
  /** Outputs that are there, by name, with the regions that have them; absent: all that are planned. */
  outputs?: Map<string, Set<string>>;
}

/** Hours, and where they are from. */
export interface Times {
  /** From the machine's creation to its end. */
  machine: number;
  /** Of the machine that validates; 0 without one. */
  validation: number;
  /** From the first resource to the last one's removal; 0 where nothing was made. */
  all: number;
  from: string;
}

/** So much of something at its price. */
export interface Part {
  what: string;
  when: 'once' | 'monthly';
  found: Found | undefined;
  quantity: number;
  assumes: string[];
}

export interface CostLine {
  what: string;
  when: 'once' | 'monthly';
  /** In the currency of the prices; absent: there is no price for it, and it is in no sum. */
  amount?: number;
  assumes: string[];
}

export interface Estimate {
  currency: string;
  /** Of the prices. */
  date: string;
  source: string;
  once: number;
  monthly: number;
  lines: CostLine[];
  /** What is in no sum. */
  unpriced: string[];
}

const SNAPSHOTS: CostLine = {
  what: 'snapshots',
  when: 'once',
  amount: 0,
  assumes: ['none is made: images are captured from the machine'],
};
const ASSUMED_GIB = { Linux: 30, Windows: 127 };

export interface Disk {
  what: string;
  /** 0: not known. */
  sizeGiB: number;
  assumes: string[];
}

export function estimate(basis: Basis, book: PriceBook): Estimate {
  const disks = disksOf(basis);
  const parts = [...machineParts(basis, disks, book), ...outputParts(basis, disks, book)];
  const lines = basis.times.all === 0 ? [] : [...parts.map(priced), SNAPSHOTS];
  const sum = (when: CostLine['when']): number =>
    lines.reduce((total, line) => total + (line.when === when ? (line.amount ?? 0) : 0), 0);
  const { currency, date, source } = book.file;
  return {
    currency,
    date,
    source,
    once: sum('once'),
    monthly: sum('monthly'),
    lines,
    unpriced: lines.filter(({ amount }) => amount === undefined).map(({ what }) => what),
  };
}

function priced({ what, when, found, quantity, assumes }: Part): CostLine {
  if (found === undefined) return { what, when, assumes: [...assumes, 'no price for it: not in the sum'] };
  return { what, when, amount: found.price * quantity, assumes: [...assumes, ...found.assumes] };
}

function disksOf({ plan, osType, osDiskSizeGB }: Basis): Disk[] {
  const { machine } = plan;
  const known = machine.osDiskSizeGB === 0 ? osDiskSizeGB : machine.osDiskSizeGB;
  const assumed = ASSUMED_GIB[osType];
  const why = known === undefined ? [`the source's size is not known: ${assumed} GiB taken`] : [];
  return [
    { what: 'disk', sizeGiB: known ?? assumed, assumes: why },
    ...(machine.dataDisks ?? []).map(({ sizeGB }) => ({ what: 'data disk', sizeGiB: sizeGB, assumes: [] })),
  ];
}
