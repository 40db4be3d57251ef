/** Jobs as the runners of GitHub Actions and Azure Pipelines start them: their variables, their files, their signals. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Job {
  child: ChildProcess;
  said(): string;
  ended: Promise<number>;
}

function start(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Job {
  const child = spawn(command, args, { cwd, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    child,
    said: () => said,
    ended: new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal === null ? (code ?? -1) : -1))),
  };
}

/** Only what a runner has: nothing of this process's own TEMPORAL_, KILN_ or AZURE_. */
function clean(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|KILN|AZURE|GITHUB|INPUT)_/.test(name));
  return { ...Object.fromEntries(kept), ...more };
}

interface ActionFile {
  inputs: Record<string, { default?: string }>;
  outputs: Record<string, unknown>;
  runs: { using: string; main: string; post: string; 'post-if': string };
}

export const ACTION = join(ROOT, 'integrations/github');
export const action = parse(readFileSync(join(ACTION, 'action.yml'), 'utf8')) as ActionFile;

/** A workspace, and one try of one step in it. */
export class GitHubJob {
  readonly workspace = mkdtempSync(join(tmpdir(), 'kiln-github-'));
  readonly #elsewhere: NodeJS.ProcessEnv;
  #tries = 0;

  /** @param elsewhere where Kiln runs, as a job's environment says it */
  constructor(elsewhere: NodeJS.ProcessEnv) {
    this.#elsewhere = elsewhere;
  }

  /** @param run of the workflow; `attempt` of it is counted */
  step(run: string, inputs: Record<string, string>): Job & { file(name: string): string; env: NodeJS.ProcessEnv } {
    const folder = join(this.workspace, `.runner-${++this.#tries}`);
    const files = ['OUTPUT', 'STATE', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, `${folder}-${name}`] as const);
    for (const [, file] of files) writeFileSync(file, '');
    const defaults = Object.entries(action.inputs).map(([name, { default: value = '' }]) => [name, value] as const);
    const env = clean({
      ...Object.fromEntries(
        [...defaults, ...Object.entries(inputs)].map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
      ...Object.fromEntries(files),
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.workspace,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'team/images',
      GITHUB_SHA: 'c0ffee',
      GITHUB_RUN_ID: run,
      GITHUB_RUN_ATTEMPT: String(this.#tries),
      GITHUB_JOB: 'build',
      GITHUB_ACTION: 'image',
      ...this.#elsewhere,
      KILN_WEB_UI: 'https://temporal.example',
    });
    const job = start(process.execPath, [join(ACTION, action.runs.main)], this.workspace, env);
    return { ...job, env, file: (name) => readFileSync(`${folder}-${name}`, 'utf8') };
  }

  /** What the runner runs after a job that was cancelled, with what the step remembered. */
  post(env: NodeJS.ProcessEnv): Job {
    const state = valuesIn(readFileSync(env['GITHUB_STATE'] ?? '', 'utf8'));
    const remembered = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]);
    const more = { ...env, ...Object.fromEntries(remembered) } as NodeJS.ProcessEnv;
    return start(process.execPath, [join(ACTION, action.runs.post)], this.workspace, more);
  }

  close(): void {
    rmSync(this.workspace, { recursive: true, force: true });
  }
}

/** As the runner reads its files of commands. */
export function valuesIn(text: string): Record<string, string> {
  const entries = [...text.matchAll(/^([^\n<]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)];
  return Object.fromEntries(entries.map(([, name = '', , value = '']) => [name, value]));
}

interface PipelineFile {
  parameters: Array<{ name: string; type: string; default: string | boolean }>;
  steps: Array<{ bash?: string; name?: string; condition?: string; env?: Record<string, unknown> }>;
}

export const pipeline = parse(
  readFileSync(join(ROOT, 'integrations/azure-pipelines/build-image.yml'), 'utf8'),
) as PipelineFile;

/** Steps of the template with its parameters filled, as the service expands it and an agent runs it. */
export class AzureJob {
  readonly workspace = mkdtempSync(join(tmpdir(), 'kiln-ado-'));
  readonly #elsewhere: NodeJS.ProcessEnv;

  /** @param elsewhere where Kiln runs, as a job's environment says it */
  constructor(elsewhere: NodeJS.ProcessEnv) {
    this.#elsewhere = elsewhere;
  }

  step(build: string, given: Record<string, string | boolean>, which: 'build' | 'canceled' = 'build', said = ''): Job {
    const values = Object.fromEntries(
      pipeline.parameters.map(({ name, default: value }) => {
        const chosen = given[name] ?? value;
        // As a template expression makes text of it.
        return [name, typeof chosen === 'boolean' ? (chosen ? 'True' : 'False') : chosen];
      }),
    );
    const scripts = pipeline.steps.filter(({ bash }) => bash !== undefined);
    const step = scripts.find(({ condition }) => (condition === 'canceled()') === (which === 'canceled'));
    const variables = { ...variablesIn(said), ...VARIABLES, ...this.#elsewhere, BUILD_BUILDID: build };
    const env = clean({
      ...Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name.toUpperCase().replaceAll(/[. -]/g, '_'), value]),
      ),
      SYSTEM_DEFAULTWORKINGDIRECTORY: this.workspace,
      AGENT_TEMPDIRECTORY: this.workspace,
      ...environmentOf(step?.env ?? {}, { ...values, kilnPath: ROOT }),
    });
    const file = join(this.workspace, `${which}.sh`);
    writeFileSync(file, step?.bash ?? '');
    // As the agent's Bash task starts it.
    return start('bash', ['--noprofile', '--norc', file], this.workspace, env);
  }

  close(): void {
    rmSync(this.workspace, { recursive: true, force: true });
  }
}

const VARIABLES = {
  'System.CollectionUri': 'https://dev.azure.com/team/',
  'System.StageName': 'images',
  'System.JobName': 'build',
  KILN_WEB_UI: 'https://temporal.example',
};

/** `${{ parameters.x }}` and `${{ if ne(parameters.x, '') }}:`, which is all that the template uses. */
function environmentOf(env: Record<string, unknown>, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]): Array<[string, string]> => {
      const [, only] = /^\$\{\{ if ne\(parameters\.(\w+), ''\) \}\}$/.exec(name) ?? [];
      if (only !== undefined) {
        return (values[only] ?? '') === ''
          ? []
          : Object.entries(environmentOf(value as Record<string, unknown>, values));
      }
      const filled = String(value).replaceAll(/\$\{\{ parameters\.(\w+) \}\}/g, (_whole, key: string) => {
        if (values[key] === undefined) throw new Error(`the template has no parameter ${key}`);
        return values[key];
      });
      return [[name, filled]];
    }),
  );
}

/** What `##vso[task.setvariable]` has set, and as outputs. */
export function variablesIn(said: string): Record<string, string> {
  const set = [...said.matchAll(/^##vso\[task\.setvariable variable=([^;\]]+)\](.*)$/gm)];
  return Object.fromEntries(set.map(([, name = '', value = '']) => [name, value]));
}
