/** What a run makes, where it is, and how far each region has it. */
import type { RunView } from '../views.ts';
import { copyButton } from './copy-button.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { badge, toneOf, wordOf } from './format.ts';

type Output = RunView['status']['outputs'][number];

const TYPES = { SharedImage: 'Gallery image', ManagedImage: 'Managed image', VHD: 'VHD' } as const;

export function outputs({ status, running }: RunView): Child {
  const list = h(
    'ul',
    { class: 'outputs' },
    status.outputs.map((output) => h('li', { key: output.runOutputName, class: 'card output' }, shown(output))),
  );
  const partly = !running && status.outputs.some(({ state }) => state === 'Failed' || state === 'PartiallySucceeded');
  if (!partly || status.failure !== undefined) return list;
  const command = `kiln distribute ${status.runId}`;
  return [list, h('p', { class: 'hint dim' }, h('code', {}, command), ' makes what failed without building again.')];
}

function shown({ runOutputName, type, state, version, artifactId, artifactUri, regions, message }: Output): Child {
  const address = artifactId ?? artifactUri;
  const begun = regions.filter((region) => region.state !== 'Pending');
  // The run ended before it came to this.
  const never = (state === 'Failed' || state === 'Canceled') && begun.length === 0 && message === undefined;
  return [
    h(
      'div',
      { class: 'output-head' },
      h('h3', {}, runOutputName),
      never ? badge('Pending', 'Not made') : badge(state, state === 'Pending' ? 'Waiting' : undefined),
    ),
    h('p', { class: 'dim' }, TYPES[type], version !== undefined && ` · version ${version}`),
    address !== undefined &&
      state !== 'Failed' &&
      state !== 'Canceled' &&
      h('p', { class: 'address' }, h('code', {}, address), copyButton(address, `address of ${runOutputName}`)),
    !never && regions.length > 0 && h('ul', { class: 'regions' }, regions.map(regionRow)),
    message !== undefined && h('p', { class: 'message' }, message),
  ];
}

function regionRow({ name, state, progress, attempts, message }: Output['regions'][number]): HTMLElement {
  const done = state === 'Succeeded' ? 100 : progress;
  const words =
    state === 'Replicating' ? `${Math.round(done)} %` : state === 'Pending' ? 'waiting' : wordOf(state).toLowerCase();
  return h(
    'li',
    { key: name },
    h('span', { class: 'region' }, name),
    h('progress', { class: toneOf(state), max: '100', value: String(done), 'aria-label': `Replicated to ${name}` }),
    h('span', { class: 'dim' }, words, attempts > 1 && `, attempt ${attempts}`),
    message !== undefined && h('small', { class: 'why' }, message),
  );
}
