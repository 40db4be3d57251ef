/** The marketplace images that the local Azure offers: the service's first operating systems and today's. */

export interface MarketplaceImage {
  publisher: string;
  offer: string;
  sku: string;
  versions: string[];
  osType: 'Linux' | 'Windows';
  generation: 'V1' | 'V2';
  plan?: { name: string; product: string; publisher: string };
}

const linux = (
  publisher: string,
  offer: string,
  sku: string,
  generation: 'V1' | 'V2',
  ...versions: string[]
): MarketplaceImage => ({
  publisher,
  offer,
  sku,
  versions,
  osType: 'Linux',
  generation,
});
const windows = (
  publisher: string,
  offer: string,
  sku: string,
  generation: 'V1' | 'V2',
  ...versions: string[]
): MarketplaceImage => ({
  ...linux(publisher, offer, sku, generation, ...versions),
  osType: 'Windows',
});

export const MARKETPLACE: MarketplaceImage[] = [
  linux('Canonical', 'UbuntuServer', '16.04.0-LTS', 'V1', '16.04.202104140', '16.04.202109280'),
  linux('Canonical', 'UbuntuServer', '16.04-LTS', 'V1', '16.04.202104140', '16.04.202109280'),
  linux('Canonical', 'UbuntuServer', '18.04-LTS', 'V1', '18.04.202305220', '18.04.202401161'),
  linux('Canonical', 'UbuntuServer', '18_04-lts-gen2', 'V2', '18.04.202305220', '18.04.202401161'),
  linux('Canonical', '0001-com-ubuntu-server-focal', '20_04-lts', 'V1', '20.04.202505160', '20.04.202505200'),
  linux('Canonical', '0001-com-ubuntu-server-focal', '20_04-lts-gen2', 'V2', '20.04.202505160', '20.04.202505200'),
  linux('Canonical', '0001-com-ubuntu-server-jammy', '22_04-lts', 'V1', '22.04.202609110', '22.04.202610090'),
  linux('Canonical', '0001-com-ubuntu-server-jammy', '22_04-lts-gen2', 'V2', '22.04.202609110', '22.04.202610090'),
  linux('Canonical', 'ubuntu-24_04-lts', 'server', 'V2', '24.04.202609120', '24.04.202610100'),
  linux('Canonical', 'ubuntu-24_04-lts', 'server-gen1', 'V1', '24.04.202609120', '24.04.202610100'),
  linux('RedHat', 'RHEL', '7.6', 'V1', '7.6.2020051319', '7.6.2021040100'),
  linux('RedHat', 'RHEL', '7.7', 'V1', '7.7.2021051701', '7.7.2022051302'),
  linux('RedHat', 'RHEL', '7-LVM', 'V1', '7.9.2022032206', '7.9.2024030516'),
  linux('RedHat', 'RHEL', '8-lvm-gen2', 'V2', '8.7.2023022813', '8.10.2026071510'),
  linux('RedHat', 'rhel-raw', '8-raw-gen2', 'V2', '8.7.2023022813', '8.10.2026071510'),
  linux('OpenLogic', 'CentOS', '7.5', 'V1', '7.5.20180626', '7.5.201808150'),
  linux('OpenLogic', 'CentOS', '7.6', 'V1', '7.6.20200414', '7.6.20210219'),
  linux('OpenLogic', 'CentOS', '7.7', 'V1', '7.7.2020111300', '7.7.2022020400'),
  linux('SUSE', 'SLES', '12-SP4', 'V1', '2020.06.10', '2022.03.11'),
  linux('SUSE', 'SLES', '15', 'V1', '2019.11.30', '2020.01.23'),
  linux('SUSE', 'SLES', '15-SP1', 'V1', '2021.01.05', '2022.04.04'),
  linux('SUSE', 'sles-15-sp3', 'gen2', 'V2', '2022.01.26', '2023.05.05'),
  linux('SUSE', 'sles-15-sp5', 'gen2', 'V2', '2024.02.07', '2025.01.02'),
  linux('SUSE', 'opensuse-leap-15-3', 'gen2', 'V2', '2022.01.18', '2022.11.04'),
  linux('SUSE', 'opensuse-leap-15-4', 'gen2', 'V2', '2022.11.04', '2023.11.21'),
  linux('Debian', 'debian-10', '10', 'V1', '0.20240204.1647', '0.20240703.1797'),
  linux('Debian', 'debian-10', '10-gen2', 'V2', '0.20240204.1647', '0.20240703.1797'),
  linux('Debian', 'debian-11', '11', 'V1', '0.20260804.2193', '0.20260901.2221'),
  linux('Debian', 'debian-11', '11-gen2', 'V2', '0.20260804.2193', '0.20260901.2221'),
  linux('Debian', 'debian-12', '12', 'V1', '0.20260909.2229', '0.20261012.2262'),
  linux('Debian', 'debian-12', '12-gen2', 'V2', '0.20260909.2229', '0.20261012.2262'),
  {
    ...linux('kinvolk', 'flatcar-container-linux', 'stable-gen2', 'V2', '4230.2.3', '4230.2.4'),
    plan: { name: 'stable-gen2', product: 'flatcar-container-linux', publisher: 'kinvolk' },
  },
  {
    ...linux('kinvolk', 'flatcar-container-linux-free', 'stable-gen2', 'V2', '4230.2.3', '4230.2.4'),
    plan: { name: 'stable-gen2', product: 'flatcar-container-linux-free', publisher: 'kinvolk' },
  },
  windows('MicrosoftWindowsDesktop', 'Windows-10', 'RS5-Pro', 'V1', '17763.2366.2112101716', '17763.3046.2206101658'),
  windows(
    'MicrosoftWindowsDesktop',
    'Windows-10',
    'rs5-enterprise',
    'V1',
    '17763.2366.2112101716',
    '17763.3046.2206101658',
  ),
  windows('MicrosoftWindowsDesktop', 'Windows-10', '20h1-ent', 'V1', '19041.1415.2112101716', '19041.1415.2201080043'),
  windows('MicrosoftWindowsDesktop', 'Windows-10', '22h2-ent-g2', 'V2', '19045.6332.260908', '19045.6456.261008'),
  windows('MicrosoftWindowsDesktop', 'Windows-11', 'win11-24h2-ent', 'V2', '26100.6584.260908', '26100.6899.261008'),
  windows(
    'MicrosoftWindowsServer',
    'WindowsServer',
    '2012-R2-Datacenter',
    'V1',
    '9600.21620.231004',
    '9600.21620.2310',
  ),
  windows('MicrosoftWindowsServer', 'WindowsServer', '2016-Datacenter', 'V1', '14393.8422.260908', '14393.8519.261008'),
  windows('MicrosoftWindowsServer', 'WindowsServer', '2019-Datacenter', 'V1', '17763.7792.260908', '17763.7919.261008'),
  windows(
    'MicrosoftWindowsServer',
    'WindowsServer',
    '2019-datacenter-gensecond',
    'V2',
    '17763.7792.260908',
    '17763.7919.261008',
  ),
  windows(
    'MicrosoftWindowsServer',
    'WindowsServer',
    '2022-datacenter-g2',
    'V2',
    '20348.4171.260908',
    '20348.4294.261008',
  ),
  windows('MicrosoftWindowsServer', 'WindowsServer', '2022-datacenter', 'V1', '20348.4171.260908', '20348.4294.261008'),
  windows(
    'MicrosoftWindowsServer',
    'WindowsServer',
    '2022-datacenter-azure-edition',
    'V2',
    '20348.4171.260908',
    '20348.4294.261008',
  ),
  windows(
    'MicrosoftWindowsServer',
    'WindowsServer',
    '2025-datacenter-g2',
    'V2',
    '26100.6584.260908',
    '26100.6899.261008',
  ),
];

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

export function findImage(publisher: string, offer: string, sku: string): MarketplaceImage | undefined {
  return MARKETPLACE.find(
    (image) => same(image.publisher, publisher) && same(image.offer, offer) && same(image.sku, sku),
  );
}

/**
 * Versions are kept in the order in which they were published. Azure keeps hundreds; one that has a version's form and
 * comes before the newest is taken to be among them.
 */
export function exactVersion(image: MarketplaceImage, version: string): string | undefined {
  const newest = image.versions.at(-1);
  if (same(version, 'latest')) return newest;
  const older = /^\d+\.\d+\.\d+$/.test(version) && version.localeCompare(newest ?? '', 'en', { numeric: true }) < 0;
  return image.versions.find((known) => same(known, version)) ?? (older ? version : undefined);
}
