/** From HCL files of one folder to builds: variables, locals, sources, and what each build makes of its sources. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { Fields } from './fields.ts';
import type { Entry } from './fields.ts';
import { renderGo } from './go-template.ts';
import type { GoWorld } from './go-template.ts';
import { entriesOf, evaluate, within } from './hcl/evaluate.ts';
import type { Scope } from './hcl/evaluate.ts';
import { parseHclJson } from './hcl/json-syntax.ts';
import { parseHcl } from './hcl/syntax.ts';
import type { HclBlock, HclExpression } from './hcl/syntax.ts';
import type { PackerBuild, PackerOptions } from './model.ts';
import { PackerError } from './place.ts';
import type { Place } from './place.ts';
import type { Report } from './report.ts';
import { once, readText, readVariables } from './variables.ts';

/** @param path a file, or a folder whose `*.pkr.hcl` and `*.pkr.json` are one template */
export async function readHcl(path: string, options: PackerOptions, report: Report): Promise<PackerBuild[]> {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const files =
    folder === path
      ? readdirSync(path)
          .filter((file) => /\.pkr\.(hcl|json)$/.test(file))
          .toSorted()
      : [basename(path)];
  const bodies = await Promise.all(
    files.map((file) =>
      (file.endsWith('.json') ? parseHclJson : parseHcl)(readText(join(folder, file)), join(folder, file)),
    ),
  );
  const blocks = bodies.flatMap((body) => body.blocks);
  for (const { name, place } of bodies.flatMap((body) => body.attributes)) {
    report.problem(place, `${name} is outside of any block`);
  }
  return new HclTemplate(folder, blocks, options, report).builds();
}

class HclTemplate {
  readonly #folder: string;
  readonly #blocks: HclBlock[];
  readonly #options: PackerOptions;
  readonly #report: Report;

  constructor(folder: string, blocks: HclBlock[], options: PackerOptions, report: Report) {
    this.#folder = folder;
    this.#blocks = blocks;
    this.#options = options;
    this.#report = report;
  }

  #of(...types: string[]): HclBlock[] {
    return this.#blocks.filter(({ type }) => types.includes(type));
  }

  async builds(): Promise<PackerBuild[]> {
    const scope = await this.#scope();
    for (const { type, labels, place } of this.#blocks) {
      if (type === 'packer') this.#report.add('needless', place, 'packer', 'plugins and versions of Packer');
      if (!['packer', 'variable', 'variables', 'locals', 'local', 'source', 'build', 'data'].includes(type)) {
        this.#report.add('lost', place, [type, ...labels].join('.'), 'is not known to the import');
      }
    }
    const used = new Set<string>();
    const builds = this.#of('build').flatMap((build) => this.#build(build, scope, used));
    for (const { labels, place } of this.#of('source')) {
      const name = labels.join('.');
      if (!used.has(name)) this.#report.add('needless', place, `source.${name}`, 'no build uses it');
    }
    return builds;
  }

  async #scope(): Promise<Scope> {
    const { env, now } = this.#options;
    const folder = this.#folder;
    const base: Scope = {
      folder,
      env,
      now,
      lookUp: (name) => {
        if (name === 'path') return { root: relative('', folder) || '.', cwd: process.cwd() };
        if (name === 'packer') return { version: '1.11.0' };
        return undefined;
      },
    };
    const old = this.#of('variables').flatMap(({ body }) => body.attributes.map((one) => asVariable(one)));
    const lookUp = await readVariables([...this.#of('variable'), ...old], folder, this.#options, base, this.#report);
    const locals: Record<string, () => unknown> = {};
    const scope = within(base, { var: lookUp, local: locals, data: this.#data() });
    for (const block of this.#of('locals')) {
      for (const { name, place, expression } of block.body.attributes) {
        locals[name] = once(() => evaluate(expression, this.#timed(scope, place, `local.${name}`)));
      }
    }
    for (const { labels, body, place } of this.#of('local')) {
      const expression = body.attributes.find(({ name }) => name === 'expression')?.expression;
      const [name = ''] = labels;
      if (expression !== undefined) {
        locals[name] = once(() => evaluate(expression, this.#timed(scope, place, `local.${name}`)));
      }
    }
    return scope;
  }

  #timed(scope: Scope, place: Place, what: string): Scope {
    return { ...scope, onMoment: (call) => this.#report.moment(place, what, call) };
  }

  /** A data source asks a server, when it is used at all. */
  #data(): Record<string, () => unknown> {
    return Object.fromEntries(
      this.#of('data').map(({ labels, place }) => {
        const message = `data.${labels.join('.')} is asked for by Packer when it builds: put its value into a variable`;
        this.#report.add('lost', place, `data.${labels.join('.')}`, 'is not asked for by an import');
        return [
          labels[0] ?? '',
          () => {
            throw new PackerError([{ place, message }]);
          },
        ];
      }),
    );
  }

  #build(build: HclBlock, scope: Scope, used: Set<string>): PackerBuild[] {
    const { attributes } = build.body;
    const blocks = this.#expanded(build.body.blocks, scope);
    const named = attributes.find(({ name }) => name === 'sources');
    const listed = named === undefined ? [] : this.#texts(named.expression, scope);
    for (const { name, place } of attributes) {
      if (name === 'name' || name === 'description') {
        this.#report.add('needless', place, `build.${name}`, 'what people call the build');
      } else if (name !== 'sources') this.#report.add('lost', place, `build.${name}`, 'is not known to the import');
    }
    const inner = blocks.filter(({ block }) => block.type === 'source');
    for (const { block } of blocks) {
      if (['source', 'provisioner', 'post-processor', 'post-processors'].includes(block.type)) continue;
      const why =
        block.type === 'error-cleanup-provisioner'
          ? 'what was made for a build is removed however it ends, and nothing is run in it before'
          : 'is not part of a template';
      this.#report.add(block.type === 'error-cleanup-provisioner' ? 'refused' : 'lost', block.place, block.type, why);
    }
    return [
      ...listed.map((reference) => ({ reference, block: undefined, scope })),
      ...inner.map(({ block, scope: own }) => ({ reference: block.labels.join('.'), block, scope: own })),
    ].flatMap(({ reference, block, scope: own }) => {
      const made = this.#source(reference.replace(/^source\./, ''), block, own, named?.place ?? build.place, used);
      return made === undefined ? [] : [{ ...made, ...this.#steps(blocks, made) }];
    });
  }

  #source(
    reference: string,
    override: HclBlock | undefined,
    scope: Scope,
    place: Place,
    used: Set<string>,
  ): Pick<PackerBuild, 'name' | 'type' | 'label' | 'source'> | undefined {
    const block = this.#of('source').find(({ labels }) => labels.join('.') === reference);
    if (block === undefined) {
      this.#report.problem(override?.place ?? place, `there is no source ${reference}`);
      return undefined;
    }
    used.add(reference);
    const [type = '', label = ''] = block.labels;
    const renamed = override?.body.attributes.find(({ name }) => name === 'name');
    const [name = label] = renamed === undefined ? [] : this.#texts(renamed.expression, scope);
    const own = this.#fields(type, block, scope, { name, type });
    if (override === undefined) return { name, type, label, source: own };
    const attributes = override.body.attributes.filter((attribute) => attribute.name !== 'name');
    const changed = { ...override, body: { ...override.body, attributes } };
    return { name, type, label, source: own.with(this.#fields(type, changed, scope, { name, type })) };
  }

  #steps(
    blocks: Scoped[],
    { name, type }: { name: string; type: string },
  ): Pick<PackerBuild, 'provisioners' | 'postProcessors'> {
    const made = (scoped: Scoped): Fields => {
      const seen = within(scoped.scope, { source: { name, type }, build: atRuntime(name) });
      return this.#fields(scoped.block.labels[0] ?? '', scoped.block, seen, { name, type });
    };
    const inChains = blocks
      .filter(({ block }) => block.type === 'post-processors')
      .flatMap(({ block, scope }) => this.#expanded(block.body.blocks, scope));
    return {
      provisioners: blocks.filter(({ block }) => block.type === 'provisioner').map(made),
      postProcessors: [...blocks, ...inChains].filter(({ block }) => block.type === 'post-processor').map(made),
    };
  }

  #fields(kind: string, block: HclBlock, scope: Scope, build: { name: string; type: string }): Fields {
    const report = this.#report;
    const attributes = block.body.attributes.map(({ name, place, expression }): Entry => ({
      name,
      place,
      value: () => {
        const moment = (call: string) => report.moment(place, `${kind}.${name}`, call);
        const value = evaluate(expression, { ...scope, onMoment: moment });
        return this.#rendered(value, expression, { folder: this.#folder, build, now: scope.now, onMoment: moment });
      },
    }));
    const nested = new Map<string, Entry>();
    for (const { block: inner, scope: seen } of this.#expanded(block.body.blocks, scope)) {
      const fields = this.#fields(`${kind}.${inner.type}`, inner, seen, build);
      const known = nested.get(inner.type);
      if (known?.blocks !== undefined) known.blocks.push(fields);
      else nested.set(inner.type, { name: inner.type, place: inner.place, value: () => undefined, blocks: [fields] });
    }
    return new Fields(kind, block.place, [...attributes, ...nested.values()], report);
  }

  #rendered(value: unknown, { node, file }: HclExpression, world: GoWorld): unknown {
    if (typeof value === 'string') {
      try {
        return renderGo(value, world);
      } catch (error) {
        const place = { file, line: node.startPosition.row + 1 };
        throw new PackerError([{ place, message: error instanceof Error ? error.message : String(error) }]);
      }
    }
    const expression = { node, file };
    if (Array.isArray(value)) return value.map((item) => this.#rendered(item, expression, world));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#rendered(item, expression, world)]),
    );
  }

  /** A `dynamic` block is one for each of its items. */
  #expanded(blocks: HclBlock[], scope: Scope): Scoped[] {
    return blocks.flatMap((block): Scoped[] => {
      if (block.type !== 'dynamic') return [{ block, scope }];
      const [type = ''] = block.labels;
      const attribute = (wanted: string) => block.body.attributes.find(({ name }) => name === wanted)?.expression;
      const content = block.body.blocks.find((inner) => inner.type === 'content');
      const [each, labels, iterator] = [attribute('for_each'), attribute('labels'), attribute('iterator')];
      if (each === undefined || content === undefined) {
        this.#report.problem(block.place, `dynamic ${type}: expected for_each and content`);
        return [];
      }
      return this.#guarded([], () => {
        const items = entriesOf(evaluate(each, scope), () => {
          throw new PackerError([{ place: block.place, message: `dynamic ${type}: for_each is no list or map` }]);
        });
        return items.map(([key, value]) => {
          const seen = within(scope, { [iterator?.node.text ?? type]: { key, value } });
          const given = labels === undefined ? [] : (evaluate(labels, seen) as unknown[]).map(String);
          return { block: { ...block, type, labels: given, body: content.body }, scope: seen };
        });
      });
    });
  }

  #texts(expression: HclExpression, scope: Scope): string[] {
    const value = this.#guarded([], () => {
      // `source.azure-arm.x` without quotes is a reference that means its own name.
      const bare = /^\[\s*(source\.[\w.-]+\s*,?\s*)*\]$/.test(expression.node.text);
      return bare
        ? [...expression.node.text.matchAll(/source\.[\w.-]+/g)].map(([one]) => one)
        : evaluate(expression, scope);
    });
    return (Array.isArray(value) ? value : [value]).map(String);
  }

  #guarded<T>(otherwise: T, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof PackerError)) throw error;
      for (const { place, message } of error.problems) this.#report.problem(place, message);
      return otherwise;
    }
  }
}

interface Scoped {
  block: HclBlock;
  scope: Scope;
}

function asVariable({ name, place, expression }: HclBlock['body']['attributes'][number]): HclBlock {
  const body = { attributes: [{ name: 'default', place, expression }], blocks: [] };
  return { type: 'variable', labels: [name], place, body };
}

/** `build` in expressions: what only a running Packer knows has no value. */
function atRuntime(name: string): Record<string, unknown> {
  const known = { name };
  const unknown = [
    'ID',
    'Host',
    'Port',
    'User',
    'Password',
    'ConnType',
    'PackerRunUUID',
    'PackerHTTPAddr',
    'SSHPublicKey',
    'SSHPrivateKey',
    'WinRMPassword',
    'SourceImageName',
  ];
  const refuse = (what: string) => () => {
    throw new TypeError(`build.${what} is known to a running Packer only`);
  };
  return { ...known, ...Object.fromEntries(unknown.map((what) => [what, refuse(what)])) };
}
