/** What every provisioner may have: for which builds it is, and how often, how long and when it is tried. */
import { formatDuration } from '../../../template/duration.ts';
import { Fields } from '../../fields.ts';
import type { Report } from '../../report.ts';
import type { Collected, Step } from '../collected.ts';
import { compact, literals } from '../literals.ts';

const UNITS: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** Whole seconds of one of Go's durations, rounded up. */
export function secondsOf(fields: Fields, name: string): number {
  const given = fields.text(name) ?? '';
  if (given === '' || given === '0') return 0;
  const parts = [...given.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)];
  if (parts.map(([whole]) => whole).join('') !== given) {
    fields.problem(name, `expected a duration such as 10s or 5m, got ${given}`);
    return 0;
  }
  return Math.ceil(parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0));
}

/** With what is overridden for this build; undefined where it is not for it. */
export function forBuild(
  fields: Fields,
  { name, type }: { name: string; type: string },
  report: Report,
): Fields | undefined {
  const names = [name, `${type}.${name}`];
  const isNamed = (list: string[]): boolean => list.some((one) => names.includes(one));
  const only = fields.texts('only');
  const except = fields.texts('except');
  if ((only.length > 0 && !isNamed(only)) || isNamed(except)) return undefined;
  const override = fields.value('override');
  if (typeof override !== 'object' || override === null) return fields;
  const own = (override as Record<string, unknown>)[name];
  if (typeof own !== 'object' || own === null) return fields;
  const place = fields.placeOf('override');
  const entries = Object.entries(own).map(([key, value]) => ({ name: key, place, value: () => value as unknown }));
  return fields.with(new Fields(fields.kind, place, entries, report));
}

/** Of the first step of a provisioner and those that follow it; in each, what concerns how it is tried. */
export function tries(
  fields: Fields,
  to: Collected,
): { first: Record<string, unknown>; each: Record<string, unknown> } {
  const pause = secondsOf(fields, 'pause_before') + to.takePause();
  const within = secondsOf(fields, 'timeout');
  const retries = fields.number('max_retries') ?? 0;
  const each = {
    ...(within === 0 ? {} : { timeout: formatDuration(within) }),
    ...(retries === 0 ? {} : { retries }),
  };
  to.pauseNext(secondsOf(fields, 'pause_after'));
  return { first: pause === 0 ? each : { ...each, pauseBefore: formatDuration(pause) }, each };
}

export function addStep(to: Collected, step: Step, kiln: Record<string, unknown>): void {
  to.steps.push(compact({ ...literals(step), kiln: compact(literals(kiln)) }));
}

/** `environment_vars` are `NAME=value`, `env` is a map. */
export function environmentOf(fields: Fields): Record<string, string> {
  const pairs = fields.texts('environment_vars').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) fields.problem('environment_vars', `expected NAME=value, got ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { ...fields.map('env'), ...Object.fromEntries(pairs) };
}

/** What Packer tells every script; only those that ask for it are told here. */
export function packersOwn(text: string, { label, type }: { label: string; type: string }): Record<string, string> {
  const own = { PACKER_BUILD_NAME: label, PACKER_BUILDER_TYPE: type };
  return Object.fromEntries(Object.entries(own).filter(([variable]) => text.includes(variable)));
}
