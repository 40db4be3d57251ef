/** Takes out of a recording what opens something, and who and whose it was. */

const NOBODY = '00000000-0000-0000-0000-000000000000';
const SECRET_KEYS =
  /^(accessSAS|accessSas|adminPassword|password|runAsPassword|customData|userData|protectedSettings|protectedParameters|createdBy|lastModifiedBy|key|secret|clientSecret)$/;
/** A shared access signature, wherever it stands in a text. */
const SIGNATURE = /([?&]|\\u0026)sig=[^&"'\s\\]+/g;

export class Sanitizer {
  readonly #hidden = new Map<string, string>();

  /** From now on the id is another one. */
  hide(id: string): void {
    if (this.#hidden.has(id)) return;
    const number = (this.#hidden.size + 1).toString(16).padStart(12, '0');
    this.#hidden.set(id, id.includes('@') ? 'somebody@example.com' : `${NOBODY.slice(0, -12)}${number}`);
  }

  clean<T extends { RequestUri: string }>(entry: T): T {
    const subscription = /\/subscriptions\/([0-9a-f-]{36})/i.exec(entry.RequestUri)?.[1];
    // As recordings have it: one subscription, of nobody.
    if (subscription !== undefined) this.#hidden.set(subscription, NOBODY);
    const keys = /\/(listKeys|regenerateKey)\b/i.test(entry.RequestUri);
    const json = JSON.stringify(entry, (name, value: unknown) =>
      (SECRET_KEYS.test(name) || (keys && name === 'value' && typeof value === 'string')) && value !== null
        ? 'Sanitized'
        : value,
    );
    let text = json.replaceAll(SIGNATURE, '$1sig=Sanitized');
    for (const [id, other] of this.#hidden) text = text.replaceAll(new RegExp(escaped(id), 'gi'), other);
    return JSON.parse(text) as T;
  }
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
