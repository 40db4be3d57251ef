import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { refreshPrices } from '../../src/client/commands/costs.ts';
import { costLines, costTitle } from '../../src/client/costs/cost-lines.ts';
import { estimate } from '../../src/client/costs/estimate.ts';
import type { Basis, Estimate } from '../../src/client/costs/estimate.ts';
import { assumedTimes, timesOf } from '../../src/client/costs/measured-times.ts';
import { MONTH_HOURS, PriceBook } from '../../src/client/costs/price-book.ts';
import { readPrices, SHIPPED_PRICES } from '../../src/client/costs/price-file.ts';
import type { PriceFile } from '../../src/client/costs/price-file.ts';
import { readSettings } from '../../src/client/settings.ts';
import type { BuildPlan } from '../../src/template/build-plan.ts';
import type { BuildStatus } from '../../src/workflows/messages.ts';
import { localPlan } from '../support/plans.ts';

const shipped = readPrices(SHIPPED_PRICES);
const book = new PriceBook(shipped);

const local = localPlan({ runId: 'r1' });
const plan: BuildPlan = {
  ...local,
  // Not the local Azure's, whose times are not Azure's.
  template: { ...local.template, subscriptionId: '00000000-0000-4000-8000-000000000002' },
  machine: { ...local.machine, osDiskSizeGB: 64 },
  distribute: local.distribute.flatMap((output) =>
    output.type === 'SharedImage'
      ? {
          ...output,
          targetRegions: [
            { name: 'westeurope', replicaCount: 2, storageAccountType: 'Standard_LRS' },
            { name: 'northeurope', replicaCount: 1, storageAccountType: 'Standard_ZRS' },
            { name: 'westus2', replicaCount: 1, storageAccountType: 'Premium_LRS' },
          ],
        }
      : [],
  ),
};
const times = { machine: 0.5, validation: 0, all: 1, from: 'measured' };
const basis: Basis = { plan, vmSize: 'Standard_D2ds_v4', osType: 'Linux', times };

const near = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-9, `expected ${expected}, got ${actual}`);
const lineOf = (costs: Estimate, what: RegExp) => {
  const found = costs.lines.find((line) => what.test(line.what));
  assert.ok(found, `${what} in ${costs.lines.map((line) => line.what).join(', ')}`);
  return found;
};

describe('what a build costs', () => {
  it('is each of its parts by time or size, by region and by replica, with what is assumed', () => {
    const costs = estimate(basis, book);
    const machine = lineOf(costs, /Standard_D2ds_v4, Linux, in westeurope/);
    near(machine.amount, 0.113 * 1.25 * 0.5);
    assert.deepEqual(machine.assumes, [
      '30 minutes',
      'times measured',
      'the price of eastus times 1.25 for westeurope',
    ]);
    near(lineOf(costs, /^disk of 64 GiB/).amount, (10.21 * 1.25) / MONTH_HOURS);
    near(lineOf(costs, /^public address/).amount, 0.005 * 1.25);
    near(lineOf(costs, /egress westeurope → northeurope/).amount, 64 * 0.02);
    near(lineOf(costs, /egress westeurope → westus2/).amount, 64 * 0.05);
    assert.ok(!costs.lines.some(({ what }) => what.includes('→ westeurope')), 'nothing leaves for its own region');
    near(lineOf(costs, /^gallery in westeurope/).amount, 64 * 2 * 0.05 * 1.25);
    assert.match(
      lineOf(costs, /^gallery in northeurope/).assumes.join(),
      /64 GiB × 1 replica on Standard_ZRS.*as if full/,
    );
    near(
      costs.once,
      costs.lines.filter(({ when }) => when === 'once').reduce((sum, { amount = 0 }) => sum + amount, 0),
    );
    assert.ok(costs.lines.every(({ assumes }) => assumes.length > 0));
    assert.match(lineOf(costs, /snapshots/).assumes.join(), /none is made/);
  });

  it('says what has no price, and does not take it for nothing', () => {
    const costs = estimate({ ...basis, vmSize: 'Standard_Q9' }, book);
    assert.deepEqual(costs.unpriced, ['Standard_Q9, Linux, in westeurope', 'gallery in westus2']);
    const machine = lineOf(costs, /Standard_Q9/);
    assert.equal(machine.amount, undefined);
    assert.match(costTitle(costs), /without Standard_Q9, Linux, in westeurope, gallery in westus2/);
    assert.match(costLines(costs, 140).join('\n'), /no price +Standard_Q9/);
    const [note] = costLines(costs, 140).filter((line) => /times 1\.25 for westeurope/.test(line));
    assert.match(note ?? '', /^ {2}\[\d\] +the price of eastus/, 'what several figures assume is said once');
    const elsewhere = { ...plan, template: { ...plan.template, location: 'moonnorth' } };
    assert.match(estimate({ ...basis, plan: elsewhere }, book).unpriced.join(), /egress moonnorth → westeurope/);
  });

  it('has no public address in a network of a person, and no outputs that are not there', () => {
    const inside = { ...plan, machine: { ...plan.machine, subnetId: '/subnet' } };
    const costs = estimate({ ...basis, plan: inside, outputs: new Map() }, book);
    assert.ok(!costs.lines.some(({ what }) => /public address|gallery|egress/.test(what)));
  });

  it('is of the regions that have an output, and nothing for a run that made nothing', () => {
    const outputs = new Map([['gallery', new Set(['northeurope'])]]);
    const costs = estimate({ ...basis, outputs }, book);
    assert.deepEqual(
      costs.lines.flatMap(({ what }) => (/gallery/.test(what) ? [what] : [])),
      ['egress westeurope → northeurope for gallery', 'gallery in northeurope'],
    );
    const refused = estimate({ ...basis, times: { machine: 0, validation: 0, all: 0, from: '' } }, book);
    assert.deepEqual([refused.lines, refused.once, refused.monthly], [[], 0, 0]);
  });

  it("is by Windows' price for Windows, and has a second machine to validate", () => {
    const validating = { ...times, validation: 0.25 };
    const costs = estimate({ ...basis, osType: 'Windows', times: validating }, book);
    near(lineOf(costs, /that validates/).amount, 0.205 * 1.25 * 0.25);
  });

  it("takes a run's own times: the machine until it is captured, the rest until all is removed", () => {
    const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    const stage = (name: BuildStatus['stage'], from: number, to: number) => ({
      stage: name,
      startTime: at(from),
      endTime: at(to),
    });
    const status = {
      stages: [
        stage('Checking', 0, 1),
        stage('Provisioning', 1, 2),
        stage('CreatingMachine', 4, 6),
        stage('Customizing', 6, 26),
        stage('Capturing', 26, 34),
        stage('Distributing', 34, 60),
        stage('CleaningUp', 60, 61),
      ],
    } as BuildStatus;
    const measured = timesOf(plan, status, 'as this run took', 0);
    assert.deepEqual(measured, { machine: 0.5, validation: 0, all: 1, from: 'as this run took' });
    const failed = { stages: [...status.stages.slice(0, 4), stage('CleaningUp', 26, 34)] } as BuildStatus;
    near(timesOf(plan, failed, '', 0).machine, 0.5);
    assert.match(assumedTimes(plan).from, /assumed/);
  });
});

describe('the file of prices', () => {
  let folder: string;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'kiln-prices-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('that comes with Kiln says its date and where it is from, and has what the examples use', () => {
    assert.match(shipped.source, /not fetched and not a quote/);
    for (const size of ['Standard_D2ds_v4', 'Standard_D1_v2', 'Standard_D2s_v3', 'Standard_A1_v2']) {
      for (const system of ['Linux', 'Windows'] as const) {
        for (const region of Object.keys(shipped.regionFactors)) assert.ok(book.machine(size, system, region), size);
      }
    }
    const continents = Object.values(shipped.continents).flat();
    assert.deepEqual(Object.keys(shipped.regionFactors).toSorted(), continents.toSorted());
  });

  it('is refused with all that is wrong with it', () => {
    const file = join(folder, 'bad.json');
    const [first, second] = shipped.prices;
    const prices = [
      { ...first, price: -1 },
      { ...second, per: 'year' },
    ];
    writeFileSync(file, JSON.stringify({ ...shipped, currency: 'dollars', prices }));
    assert.throws(
      () => readPrices(file),
      ({ message }: Error) =>
        ['currency: ', 'prices[0].price: ', 'prices[1].per: '].every((part) => message.includes(part)),
    );
    writeFileSync(file, 'no json');
    assert.throws(() => readPrices(file), /cannot be read/);
  });

  describe('is refreshed from the public list', () => {
    const asked: string[] = [];
    let list: Array<(filter: string, page: number) => object>;
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      const url = new URL(request.url ?? '', `http://${request.headers.host}`);
      const filter = url.searchParams.get('$filter') ?? '';
      const page = Number(url.searchParams.get('$skip') ?? 0);
      asked.push(`${filter} ${page}`);
      const [answer = () => ({ status: 500 })] = list.length > 1 ? list.splice(0, 1) : list;
      const { status = 200, ...body } = answer(filter, page) as { status?: number };
      if ('more' in body) {
        url.searchParams.set('$skip', String(page + 1));
        Object.assign(body, { NextPageLink: url.href });
      }
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
      response.end(JSON.stringify(body));
    });
    let settings: ReturnType<typeof readSettings>;
    const output = (): string => join(folder, 'prices.json');
    before(async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      process.env['KILN_PRICE_API'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/retail/prices`;
      settings = readSettings({ stateDir: folder });
    });
    after(() => {
      delete process.env['KILN_PRICE_API'];
      server.close();
    });

    const item = (changes: object): object => ({
      currencyCode: 'EUR',
      tierMinimumUnits: 0,
      retailPrice: 1,
      armRegionName: 'westeurope',
      unitOfMeasure: '1 Hour',
      type: 'Consumption',
      armSkuName: '',
      skuName: '',
      ...changes,
    });
    const machine = {
      productName: 'Virtual Machines Ddsv4 Series',
      armSkuName: 'Standard_D2ds_v4',
      meterName: 'D2ds v4',
    };
    const ITEMS: Array<[service: string, items: object[]]> = [
      [
        'Virtual Machines',
        [
          item({ ...machine, skuName: 'D2ds v4', retailPrice: 0.136 }),
          item({ ...machine, skuName: 'D2ds v4 Spot', retailPrice: 0.02 }),
          item({ ...machine, productName: `${machine.productName} Windows`, retailPrice: 0.228 }),
          item({ ...machine, type: 'Reservation', unitOfMeasure: '1 Hour', retailPrice: 700 }),
        ],
      ],
      [
        'Storage',
        [
          item({
            productName: 'Premium SSD Managed Disks',
            meterName: 'P6 LRS Disk',
            unitOfMeasure: '1/Month',
            retailPrice: 11.5,
          }),
          item({
            productName: 'Standard HDD Managed Disks',
            meterName: 'LRS Snapshots',
            unitOfMeasure: '1 GB/Month',
            retailPrice: 0.051,
          }),
        ],
      ],
      [
        'Bandwidth',
        [item({ meterName: 'Intra Continent Data Transfer Out', unitOfMeasure: '1 GB', retailPrice: 0.019 })],
      ],
    ];
    const good = (filter: string, page: number): object => {
      const items = ITEMS.find(([service]) => filter.includes(`serviceName eq '${service}'`))?.[1] ?? [];
      // One at a time, so that every answer has several pages.
      const more = page + 1 < items.length ? { more: true } : { NextPageLink: null };
      return { BillingCurrency: 'EUR', Items: items.slice(page, page + 1), ...more };
    };

    it('by page, region and currency; what it does not have keeps its date', async () => {
      list = [() => ({ status: 429 }), good];
      const code = await refreshPrices({ region: ['westeurope'], currency: 'EUR', size: ['Standard_Q9'] }, settings);
      assert.equal(code, 0);
      assert.ok(asked.every((filter) => filter.includes("armRegionName eq 'westeurope'")));
      assert.ok(asked.some((filter) => filter.includes("armSkuName eq 'Standard_Q9'")));
      const prices = JSON.parse(readFileSync(output(), 'utf8')) as PriceFile;
      assert.equal(prices.currency, 'EUR');
      assert.ok(
        prices.prices.every(({ region }) => region === 'westeurope'),
        'dollars are no euros',
      );
      const fresh = new PriceBook(readPrices(output()));
      assert.deepEqual(fresh.machine('Standard_D2ds_v4', 'Linux', 'westeurope'), { price: 0.136, assumes: [] });
      assert.equal(fresh.machine('Standard_D2ds_v4', 'Windows', 'westeurope')?.price, 0.228);
      assert.equal(fresh.machine('Standard_D2s_v3', 'Linux', 'westeurope'), undefined);
      assert.equal(fresh.disk('Premium_LRS', 64, 'westeurope')?.price, 11.5);
      assert.equal(fresh.named('image', 'Standard_LRS', 'westeurope')?.price, 0.051);
      assert.equal(fresh.egress('westeurope', 'northeurope')?.price, 0.019);
    });

    it('again for the regions that it was refreshed for', async () => {
      list = [good];
      asked.length = 0;
      assert.equal(await refreshPrices({}, settings), 0);
      assert.ok(asked.length > 0 && asked.every((filter) => filter.includes("'westeurope'")));
    });

    it('or stays as it was, with the reason', async () => {
      const former = readFileSync(output(), 'utf8');
      const refused = async (answer: (typeof list)[number], reason: RegExp): Promise<void> => {
        list = [answer];
        await assert.rejects(refreshPrices({ region: ['northeurope'] }, settings), reason);
        assert.equal(readFileSync(output(), 'utf8'), former);
      };
      await refused(() => ({ status: 503 }), /cannot be read: it answered 503; prices stay as they were/);
      await refused(() => ({ BillingCurrency: 'USD', Items: [] }), /answers in USD, not in EUR/);
      await refused(() => ({ Items: [] }), /nothing for northeurope/);
      await refused(() => ({ Items: [], NextPageLink: 'http://elsewhere.test/' }), /goes on at another address/);
      const none = readSettings({ stateDir: join(folder, 'none') });
      await assert.rejects(refreshPrices({}, none), /name the regions/);
    });
  });
});
