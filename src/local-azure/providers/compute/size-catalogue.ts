/**
 * The sizes of machines: those of x64 that people build images with, by Azure's pages on sizes. Where a series has
 * exceptions of its own in memory or disks, the rule of the series is used.
 */
export interface Size {
  name: string;
  cores: number;
  memoryInMB: number;
  /** Generations of the hypervisor that it boots: `V1`, `V2` or `V1,V2`. */
  generations: string;
  maxDataDisks: number;
}

interface Series {
  /** With `#` for the cores, or for what stands in their place. */
  name: string;
  /** Cores, or what is written in the name and the cores: `11:2`. */
  sizes: string;
  /** GiB a core. */
  memory: number;
  generations?: string;
  /** Data disks a core. */
  disks?: number;
}

const FIRST = 'V1';
const SECOND = 'V2';
const SMALL = '2 4 8 16 32 48 64';
const LARGE = `${SMALL} 96`;

const series = (name: string, sizes: string, memory: number, more: Partial<Series> = {}): Series => ({
  name,
  sizes,
  memory,
  ...more,
});

/** Kinds of one series, each with an s, which Premium disks need, or without. */
const kinds = (names: string, sizes: string, memory: number, more: Partial<Series> = {}): Series[] =>
  names.split(' ').map((name) => series(name, sizes, memory, more));

const SERIES: Series[] = [
  series('Basic_A#', '0:1 1 2 3:4 4:8', 1.75, { generations: FIRST }),
  series('Standard_A#', '0:1 1 2 3:4 4:8', 1.75, { generations: FIRST }),
  series('Standard_A#', '5:2 6:4 7:8', 7, { generations: FIRST }),
  series('Standard_A#_v2', '1 2 4 8', 2, { generations: FIRST }),
  series('Standard_A#m_v2', '2 4 8', 8, { generations: FIRST }),
  series('Standard_B#ls', '1', 0.5),
  series('Standard_B#s', '1', 1),
  series('Standard_B#s', '2', 2),
  series('Standard_B#ms', '1', 2),
  series('Standard_B#ms', '2 4 8 12 16 20', 4),
  ...kinds('Standard_B#ts_v2 Standard_B#ats_v2', '2', 0.5),
  ...kinds('Standard_B#ls_v2 Standard_B#als_v2', '2 4 8 16 32', 2),
  ...kinds('Standard_B#s_v2 Standard_B#as_v2', '2 4 8 16 32', 4),
  ...kinds('Standard_D# Standard_D#_v2 Standard_D#_v2_Promo', '1 2 3:4 4:8', 3.5, { generations: FIRST, disks: 4 }),
  ...kinds('Standard_DS# Standard_DS#_v2 Standard_DS#_v2_Promo', '1 2 3:4 4:8', 3.5, { disks: 4 }),
  series('Standard_D#_v2', '5:16', 3.5, { generations: FIRST, disks: 4 }),
  series('Standard_DS#_v2', '5:16', 3.5, { disks: 4 }),
  ...kinds('Standard_D# Standard_D#_v2 Standard_D#_v2_Promo', '11:2 12:4 13:8 14:16', 7, {
    generations: FIRST,
    disks: 4,
  }),
  ...kinds('Standard_DS# Standard_DS#_v2 Standard_DS#_v2_Promo', '11:2 12:4 13:8 14:16', 7, { disks: 4 }),
  series('Standard_D#_v3', SMALL, 4, { generations: FIRST }),
  series('Standard_D#s_v3', SMALL, 4),
  ...kinds('Standard_D#_v4 Standard_D#s_v4 Standard_D#d_v4 Standard_D#ds_v4', SMALL, 4),
  ...kinds('Standard_D#a_v4 Standard_D#as_v4', LARGE, 4),
  ...kinds(
    'Standard_D#_v5 Standard_D#s_v5 Standard_D#d_v5 Standard_D#ds_v5 Standard_D#as_v5 Standard_D#ads_v5',
    LARGE,
    4,
  ),
  ...kinds('Standard_D#ls_v5 Standard_D#lds_v5', LARGE, 2),
  ...kinds('Standard_D#s_v6 Standard_D#ds_v6 Standard_D#as_v6 Standard_D#ads_v6', LARGE, 4, { generations: SECOND }),
  ...kinds('Standard_D#ls_v6 Standard_D#lds_v6 Standard_D#als_v6 Standard_D#alds_v6', LARGE, 2, {
    generations: SECOND,
  }),
  series('Standard_E#_v3', '2 4 8 16 20 32 48 64', 8, { generations: FIRST }),
  series('Standard_E#s_v3', '2 4 8 16 20 32 48 64', 8),
  ...kinds('Standard_E#_v4 Standard_E#s_v4 Standard_E#d_v4 Standard_E#ds_v4', '2 4 8 16 20 32 48 64', 8),
  ...kinds('Standard_E#a_v4 Standard_E#as_v4', '2 4 8 16 20 32 48 64 96', 8),
  ...kinds('Standard_E#_v5 Standard_E#s_v5 Standard_E#d_v5 Standard_E#ds_v5', '2 4 8 16 20 32 48 64 96', 8),
  ...kinds('Standard_E#as_v5 Standard_E#ads_v5', '2 4 8 16 20 32 48 64 96', 8),
  ...kinds('Standard_E#s_v6 Standard_E#ds_v6 Standard_E#as_v6 Standard_E#ads_v6', '2 4 8 16 20 32 48 64 96', 8, {
    generations: SECOND,
  }),
  series('Standard_F#', '1 2 4 8 16', 2, { generations: FIRST, disks: 4 }),
  series('Standard_F#s', '1 2 4 8 16', 2, { disks: 4 }),
  series('Standard_F#s_v2', '2 4 8 16 32 48 64 72', 2),
  series('Standard_F#as_v6', '2 4 8 16 32 48 64', 4, { generations: SECOND }),
  ...kinds('Standard_L#s_v2', '8 16 32 48 64 80', 8),
  ...kinds('Standard_L#s_v3 Standard_L#as_v3', '8 16 32 48 64 80', 8),
  series('Standard_NC#as_T4_v3', '4 8 16 64', 7),
  series('Standard_NC#s_v3', '6 12 24', 18.7),
  series('Standard_NC#ads_A100_v4', '24 48 96', 9.2),
  series('Standard_NV#s_v3', '12 24 48', 9.3),
  series('Standard_NV#as_v4', '4 8 16 32', 3.5),
  series('Standard_NV#ads_A10_v5', '6 12 18 36 72', 9.2),
];

const MOST_DATA_DISKS = 64;

export const SIZES: Size[] = SERIES.flatMap(({ name, sizes, memory, generations = 'V1,V2', disks = 2 }) =>
  sizes.split(' ').map((one) => {
    const [shown = '', cores = shown] = one.split(':');
    const count = Number(cores);
    return {
      name: name.replace('#', shown),
      cores: count,
      memoryInMB: Math.round(count * memory * 1024),
      generations,
      maxDataDisks: Math.min(MOST_DATA_DISKS, Math.max(count * disks, 1)),
    };
  }),
);

const BY_NAME = new Map(SIZES.map((size) => [size.name.toLowerCase(), size]));

export function findSize(name: string): Size | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** `Standard_D2ds_v4` → `standardDDSv4Family`, as quotas are kept. */
export function familyOf(name: string): string {
  const [, letters = '', kind = '', card = '', version = ''] =
    /^(?:Standard|Basic)_([A-Z]+)\d+([a-z]*)(?:_([A-Z][A-Z0-9]+))?(?:_(v\d))?/.exec(name) ?? [];
  // All sizes of the first series that burst share one.
  if (letters === 'B' && version === '') return 'standardBSFamily';
  return `standard${letters}${kind.toUpperCase()}${card}${version}Family`;
}
