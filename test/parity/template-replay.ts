/**
 * The part of a recording that is about image templates, asked of a gateway. Work is under way for as long as the
 * recording has it so, and has ended before an answer that shows it ended.
 */
import type { TestAzure } from '../local-azure/support.ts';
import type { Answer } from './compare.ts';
import { startTestGateway, type TestGateway } from './gateway.ts';
import type { Exchange, Recording } from './recordings.ts';
import { replaceDownloads } from './recorded-downloads.ts';
import { makeTemplatePrerequisites, TEMPLATE } from './template-prerequisites.ts';
import type { Translator } from './translate.ts';

export const isOfTemplates = (url: string): boolean => /\/providers\/microsoft\.virtualmachineimages\//i.test(url);

const OPEN_STATES = ['Creating', 'Updating', 'Deleting'];

export class TemplateReplay {
  readonly #gateway: TestGateway;
  readonly #translator: Translator;
  readonly #stopServing: () => Promise<void>;
  /** Recorded path of an operation → the local template that it is about. */
  readonly #templates = new Map<string, string>();

  private constructor(gateway: TestGateway, translator: Translator, stopServing: () => Promise<void>) {
    this.#gateway = gateway;
    this.#translator = translator;
    this.#stopServing = stopServing;
  }

  /** With all in place that the recording finds; undefined where it is not about templates. */
  static async start(
    azure: TestAzure,
    recording: Recording,
    translator: Translator,
    whenOpen: (open: boolean) => void,
  ): Promise<TemplateReplay | undefined> {
    const exchanges = recording.exchanges.filter(({ url }) => isOfTemplates(url));
    if (exchanges.length === 0) return undefined;
    const stopServing = await replaceDownloads(exchanges, translator);
    let preparing = true;
    const gateway = await startTestGateway(azure, (open) => whenOpen(open || preparing));
    const replay = new TemplateReplay(gateway, translator, stopServing);
    try {
      const found = await makeTemplatePrerequisites(azure, gateway, recording, translator);
      for (const [operation, template] of found) replay.#templates.set(operation, template);
      preparing = false;
      return replay;
    } catch (error) {
      await replay.close();
      throw error;
    }
  }

  async ask(exchange: Exchange, path: string): Promise<Answer> {
    const { method, url, requestBody } = exchange;
    const template = this.#templateOf(url);
    if (template !== undefined && hasEnded(exchange)) await this.#gateway.settle(template);
    const answer = await this.#gateway.call(method, path, this.#translator.json(requestBody));
    const operation = exchange.headers['azure-asyncoperation'];
    if (template !== undefined && operation !== undefined) this.#templates.set(pathOf(operation), template);
    return answer;
  }

  async close(): Promise<void> {
    await this.#gateway.close();
    await this.#stopServing();
  }

  #templateOf(url: string): string | undefined {
    const { pathname } = new URL(url);
    const named = TEMPLATE.exec(pathname)?.[0];
    return named === undefined ? this.#templates.get(pathOf(url)) : this.#translator.text(named);
  }
}

const pathOf = (url: string): string => new URL(url).pathname.toLowerCase();

/** Whether the answer shows that what came before it has ended: all but a look at work that goes on, or a cancellation. */
function hasEnded({ method, url, body }: Exchange): boolean {
  if (/\/cancel\b/i.test(url)) return false;
  if (method !== 'GET') return true;
  const { status, properties } = (body ?? {}) as {
    status?: string;
    properties?: { provisioningState?: string; lastRunStatus?: { runState?: string } };
  };
  const running = ['Running', 'Canceling'].includes(properties?.lastRunStatus?.runState ?? '');
  return status !== 'InProgress' && !running && !OPEN_STATES.includes(properties?.provisioningState ?? '');
}
