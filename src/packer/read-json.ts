/** Packer's older templates: JSON, with `{{ }}` in its texts. */
import { dirname } from 'node:path';
import { getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { Fields } from './fields.ts';
import type { Entry } from './fields.ts';
import { renderGo } from './go-template.ts';
import type { GoWorld } from './go-template.ts';
import type { PackerBuild, PackerOptions } from './model.ts';
import { PackerError } from './place.ts';
import type { Place } from './place.ts';
import type { Report } from './report.ts';
import { once, parseJson, readText } from './variables.ts';

const KNOWN = ['builders', 'provisioners', 'post-processors', 'variables', 'sensitive-variables'];
const NEEDLESS = ['description', 'min_packer_version'];

export function readJsonTemplate(file: string, options: PackerOptions, report: Report): PackerBuild[] {
  const text = readText(file);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const placeAt = (offset: number): Place => ({ file, line: text.slice(0, offset).split('\n').length });
  if (errors.length > 0 || root === undefined) {
    throw new PackerError(
      errors.map(({ error, offset }) => ({ place: placeAt(offset), message: printParseErrorCode(error) })),
    );
  }
  return new JsonTemplate(file, root, placeAt, options, report).builds();
}

class JsonTemplate {
  readonly #file: string;
  readonly #root: Node;
  readonly #placeAt: (offset: number) => Place;
  readonly #options: PackerOptions;
  readonly #report: Report;
  readonly #variables = new Map<string, () => string>();

  constructor(file: string, root: Node, placeAt: (offset: number) => Place, options: PackerOptions, report: Report) {
    this.#file = file;
    this.#root = root;
    this.#placeAt = placeAt;
    this.#options = options;
    this.#report = report;
  }

  builds(): PackerBuild[] {
    this.#readVariables();
    const members = membersOf(this.#root);
    for (const [name, node] of members) {
      const place = this.#placeAt(node.offset);
      if (NEEDLESS.includes(name) || name.startsWith('_')) this.#report.add('needless', place, name, 'is for people');
      else if (!KNOWN.includes(name)) this.#report.add('lost', place, name, 'is not known to the import');
    }
    const items = (name: string): Node[] => members.get(name)?.children ?? [];
    return items('builders').map((builder) => {
      const own = getNodeValue(builder) as Record<string, unknown>;
      const type = textOf(own['type']);
      const name = textOf(own['name']) || type;
      const build = { name, type, label: name };
      const made = (node: Node): Fields =>
        this.#fields(textOf((getNodeValue(node) as { type?: unknown })['type']), node, build);
      return {
        ...build,
        source: this.#fields(type, builder, build, ['type', 'name']),
        provisioners: items('provisioners').map(made),
        // A post-processor may be a bare name, and a list of them a chain.
        postProcessors: items('post-processors')
          .flatMap((node) => (node.type === 'array' ? (node.children ?? []) : [node]))
          .map((node) =>
            node.type === 'string'
              ? new Fields(String(getNodeValue(node)), this.#placeAt(node.offset), [], this.#report)
              : made(node),
          ),
      };
    });
  }

  #readVariables(): void {
    const members = membersOf(this.#root);
    const variables = membersOf(members.get('variables'));
    const { vars, varFiles, env } = this.#options;
    const given = new Map<string, string>();
    for (const file of varFiles) {
      for (const [name, value] of Object.entries(parseJson(readText(file), file))) given.set(name, String(value));
    }
    for (const pair of vars) {
      const at = pair.indexOf('=');
      const place = { file: '--var', line: 1 };
      if (at < 1) throw new PackerError([{ place, message: `expected name=value, got ${pair}` }]);
      given.set(pair.slice(0, at), pair.slice(at + 1));
    }
    for (const name of given.keys()) {
      const place = { file: `--var ${name}`, line: 1 };
      if (!variables.has(name)) this.#report.add('needless', place, name, 'no variable of the template has this name');
    }
    const sensitive = getNodeValueOr(members.get('sensitive-variables'));
    for (const [name, node] of variables) {
      const place = this.#placeAt(node.offset);
      const preset: unknown = getNodeValue(node);
      const compute = (): string => {
        if (sensitive.includes(name)) {
          this.#report.add('changed', place, name, 'is sensitive, and the template holds it in clear');
        }
        const value = given.get(name) ?? preset;
        if (value === null || value === undefined) {
          throw new PackerError([{ place, message: `the variable ${name} has no value: give it by --var ${name}=…` }]);
        }
        return renderGo(textOf(value), { ...this.#world(place, name), env: (wanted) => env[wanted] ?? '' });
      };
      this.#variables.set(name, once(compute));
    }
  }

  #world(place: Place, what: string, build?: { name: string; type: string }): GoWorld {
    return {
      user: (name) => {
        const variable = this.#variables.get(name);
        if (variable === undefined) throw new TypeError(`there is no variable ${name}`);
        return variable();
      },
      folder: dirname(this.#file),
      now: this.#options.now,
      onMoment: (call) => this.#report.moment(place, what, call),
      ...(build === undefined ? {} : { build }),
    };
  }

  #fields(kind: string, node: Node, build: { name: string; type: string }, without: string[] = ['type']): Fields {
    const entries = [...membersOf(node)].flatMap(([name, value]): Entry[] => {
      if (without.includes(name)) return [];
      const place = this.#placeAt(value.offset);
      return [{ name, place, value: () => this.#rendered(getNodeValue(value), place, `${kind}.${name}`, build) }];
    });
    return new Fields(kind, this.#placeAt(node.offset), entries, this.#report);
  }

  #rendered(value: unknown, place: Place, what: string, build: { name: string; type: string }): unknown {
    if (typeof value === 'string') {
      try {
        return renderGo(value, this.#world(place, what, build));
      } catch (error) {
        if (error instanceof PackerError) throw error;
        throw new PackerError([
          { place, message: `${what}: ${error instanceof Error ? error.message : String(error)}` },
        ]);
      }
    }
    if (Array.isArray(value)) return value.map((item) => this.#rendered(item, place, what, build));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#rendered(item, place, what, build)]),
    );
  }
}

const getNodeValueOr = (node: Node | undefined): unknown[] =>
  node === undefined ? [] : (getNodeValue(node) as unknown[]);

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);

function membersOf(node: Node | undefined): Map<string, Node> {
  return new Map(
    (node?.type === 'object' ? (node.children ?? []) : []).flatMap((member) => {
      const [key, value] = member.children ?? [];
      return key === undefined || value === undefined ? [] : [[String(getNodeValue(key)), value] as const];
    }),
  );
}
