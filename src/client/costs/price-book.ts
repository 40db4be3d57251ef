/** Looking prices up: a region's own, else the base region's by a factor, else none. Pure. */
import type { PriceFile, PriceRow } from './price-file.ts';

export interface Found {
  price: number;
  /** What was assumed to come to it. */
  assumes: string[];
}

/** Hours in a month, as Azure counts them. */
export const MONTH_HOURS = 730;

export class PriceBook {
  readonly file: PriceFile;

  constructor(file: PriceFile) {
    this.file = file;
  }

  machine(name: string, system: 'Linux' | 'Windows', region: string): Found | undefined {
    return this.#find(region, (row) => row.what === 'machine' && same(row.name, name) && row.system === system);
  }

  /** A month of the smallest disk that has the room. */
  disk(name: string, sizeGiB: number, region: string): Found | undefined {
    const fits = this.file.prices
      .filter((row) => row.what === 'disk' && same(row.name, name) && (row.upToGiB ?? 0) >= sizeGiB)
      .map(({ upToGiB = 0 }) => upToGiB);
    if (sizeGiB === 0) return undefined;
    const size = Math.min(...fits);
    return this.#find(region, (row) => row.what === 'disk' && same(row.name, name) && row.upToGiB === size);
  }

  named(what: PriceRow['what'], name: string, region: string): Found | undefined {
    return this.#find(region, (row) => row.what === what && same(row.name, name));
  }

  /** A GiB from one region to another. */
  egress(from: string, to: string): Found | undefined {
    const [here, there] = [this.#continentOf(from), this.#continentOf(to)];
    if (here === undefined || there === undefined) return undefined;
    const distance = here === there ? 'same continent' : 'another continent';
    const rows = this.file.prices.filter((row) => row.what === 'egress' && row.to === distance);
    const row =
      rows.find(({ region }) => region === from) ?? rows.find((one) => one.region === undefined && one.name === here);
    return row === undefined ? undefined : { price: row.price, assumes: [...this.#dated(row)] };
  }

  #find(region: string, wanted: (row: PriceRow) => boolean): Found | undefined {
    const rows = this.file.prices.filter(wanted);
    const own = rows.find((row) => (row.region ?? this.file.baseRegion) === region);
    if (own !== undefined) return { price: own.price, assumes: this.#dated(own) };
    const base = rows.find((row) => row.region === undefined || row.region === this.file.baseRegion);
    const factor = this.file.regionFactors[region];
    if (base === undefined || factor === undefined) return undefined;
    const by = `the price of ${this.file.baseRegion} times ${factor} for ${region}`;
    return { price: base.price * factor, assumes: factor === 1 ? this.#dated(base) : [by, ...this.#dated(base)] };
  }

  #continentOf(region: string): string | undefined {
    return Object.entries(this.file.continents).find(([, regions]) => regions.includes(region))?.[0];
  }

  /** Said where a row is not as old as the file. */
  #dated({ date }: PriceRow): string[] {
    return date === undefined || date === this.file.date ? [] : [`price of ${date}`];
  }
}

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
