/** `{{ }}` in texts, Packer's older way to compute; in HCL files only a few of its functions are left. */
import { randomUUID } from 'node:crypto';
import { cwd } from 'node:process';
import { strftime, toLegacyTime } from './hcl/formats.ts';

export interface GoWorld {
  /** Of a JSON template; throws where the variable has no value. */
  user?: (name: string) => string;
  /** Allowed in the variables of a JSON template only. */
  env?: (name: string) => string;
  folder: string;
  build?: { name: string; type: string };
  now: Date;
  onMoment: (call: string) => void;
}

const ACTION = /\{\{-?\s*((?:`[^`]*`|"(?:\\.|[^"\\])*"|[^`"}]|\}(?!\}))*?)\s*-?\}\}/g;
const TOKEN = /`([^`]*)`|"((?:\\.|[^"\\])*)"|(\|)|(-?\d+(?:\.\d+)?)|([.\w]+)/g;

/** @throws where a function is not known or has no answer; what begins with a dot is left for whoever runs it */
export function renderGo(text: string, world: GoWorld): string {
  if (!text.includes('{{')) return text;
  return text.replaceAll(ACTION, (whole: string, inner: string) =>
    inner.startsWith('.') ? whole : pipeline(inner, world),
  );
}

function pipeline(inner: string, world: GoWorld): string {
  const literal = /^`([^`]*)`$/.exec(inner)?.[1];
  if (literal !== undefined) return literal;
  let calls: string[][] = [[]];
  for (const match of inner.matchAll(TOKEN)) {
    const [, raw, quoted, pipe, number, word] = match;
    if (pipe !== undefined) calls = [...calls, []];
    else
      calls
        .at(-1)
        ?.push(raw ?? (quoted === undefined ? (number ?? word ?? '') : (JSON.parse(`"${quoted}"`) as string)));
  }
  let answer: string | undefined;
  for (const [name = '', ...args] of calls) answer = call(name, answer === undefined ? args : [...args, answer], world);
  return answer ?? '';
}

function call(name: string, args: string[], world: GoWorld): string {
  const [first = '', second = '', third = '', fourth = ''] = args;
  const { now, build } = world;
  switch (name) {
    case 'user':
      if (world.user === undefined) break;
      return world.user(first);
    case 'env':
      if (world.env === undefined) throw new TypeError('env is allowed in variables only');
      return world.env(first);
    case 'timestamp':
      world.onMoment(name);
      return String(Math.floor(now.getTime() / 1000));
    case 'isotime':
      world.onMoment(name);
      return toLegacyTime(first === '' ? undefined : first, now);
    case 'strftime':
      world.onMoment(name);
      return strftime(first, now);
    case 'uuid':
      world.onMoment(name);
      return randomUUID();
    case 'template_dir':
      return world.folder;
    case 'pwd':
      return cwd();
    case 'build_name':
      return build?.name ?? '';
    case 'build_type':
      return build?.type ?? '';
    case 'packer_version':
      return '1.11.0';
    case 'lower':
      return first.toLowerCase();
    case 'upper':
      return first.toUpperCase();
    case 'clean_resource_name':
    case 'clean_image_name':
      return first.replaceAll(/[^A-Za-z0-9-_.]/g, '-').replace(/[-_.]+$/, '');
    case 'split':
      return first.split(second)[Number(third)] ?? '';
    case 'replace_all':
      return third.replaceAll(first, () => second);
    case 'replace': {
      let left = Number(third);
      return fourth.replaceAll(first, (found) => (left-- > 0 ? second : found));
    }
  }
  throw new TypeError(`the function ${name} of {{ }} has no answer in an import`);
}
