/**
 * Elements from data, and a document that follows them: what is there is changed in place, so that focus, selection and
 * what a person has opened stay. Text is only ever text: nothing here reads HTML.
 */

export type Child = Node | string | number | false | undefined | Child[];
type Attributes = Record<string, string | number | boolean | undefined>;

/**
 * @param attributes `true` is an attribute without a value, `false` and undefined are none. `key` tells siblings apart.
 *   `own` leaves what is inside to whoever fills it; `keep` names attributes that a person or other code sets.
 */
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  const role = tag === 'th' ? (attributes['scope'] === 'row' ? 'rowheader' : 'columnheader') : TABLE_ROLES[tag];
  if (role !== undefined) element.setAttribute('role', role);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    // The page's policy forbids style attributes in markup, and allows this.
    if (name === 'style') element.style.cssText = String(value);
    else
      element.setAttribute(
        name === 'key' || name === 'own' || name === 'keep' ? `data-${name}` : name,
        value === true ? '' : String(value),
      );
  }
  element.append(...flat(children));
  return element;
}

/** In a narrow window tables are laid out as blocks, and browsers then forget what they are. */
const TABLE_ROLES: Record<string, string> = {
  table: 'table',
  thead: 'rowgroup',
  tbody: 'rowgroup',
  tr: 'row',
  td: 'cell',
};

const flat = (children: Child[]): Array<Node | string> =>
  children.flatMap((child) => {
    if (Array.isArray(child)) return flat(child);
    if (child === false || child === undefined) return [];
    return [typeof child === 'number' ? String(child) : child];
  });

/** Makes the children of `parent` what they should be. */
export function show(parent: Element, ...children: Child[]): void {
  const wanted = flat(children).map((child) => (typeof child === 'string' ? document.createTextNode(child) : child));
  const byKey = new Map<string, Element>();
  for (const child of parent.children) {
    const { key } = (child as HTMLElement).dataset;
    if (key !== undefined) byKey.set(key, child);
  }
  let at = parent.firstChild;
  for (const node of wanted) {
    const key = node instanceof HTMLElement ? node.dataset['key'] : undefined;
    const old: Node | null = key === undefined ? at : (byKey.get(key) ?? null);
    if (old !== null && isAlike(old, node)) {
      if (old === at) at = at.nextSibling;
      else parent.insertBefore(old, at);
      change(old, node);
    } else parent.insertBefore(node, at);
  }
  while (at !== null) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

function isAlike(old: Node, node: Node): boolean {
  if (old.nodeName !== node.nodeName) return false;
  if (!(old instanceof HTMLElement) || !(node instanceof HTMLElement)) return true;
  return old.dataset['key'] === node.dataset['key'];
}

function change(old: Node, node: Node): void {
  if (!(old instanceof HTMLElement) || !(node instanceof HTMLElement)) {
    if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
    return;
  }
  const kept = new Set((node.dataset['keep'] ?? '').split(' '));
  for (const name of old.getAttributeNames()) {
    if (!node.hasAttribute(name) && !kept.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (kept.has(name) || old.getAttribute(name) === value) continue;
    if (name === 'style') old.style.cssText = node.style.cssText;
    else old.setAttribute(name, value);
  }
  if (node.dataset['own'] === undefined) show(old, ...node.childNodes);
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

/** One listener for all that carry `data-do="name"`, also those that are not there yet. */
export function onAction(name: string, act: (element: HTMLElement) => void): void {
  document.addEventListener('click', (event) => {
    const found = event.target instanceof Element ? event.target.closest(`[data-do="${name}"]`) : null;
    if (found instanceof HTMLElement && found.getAttribute('aria-disabled') !== 'true') act(found);
  });
}

/** Said by screen readers once they have said what they are saying. */
export function tell(message: string): void {
  const teller = byId('told');
  if (teller.textContent !== message) teller.textContent = message;
}
