/** `kiln chain show`: templates that build on the images of others. */
import { linkOf, parentsOf } from '../../template/chains.ts';
import type { TemplateView } from '../../workflows/template-messages.ts';
import { EXIT } from '../exit-codes.ts';
import { subscriptionOf } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { withTemplates } from './templates.ts';
import type { WhereOptions } from './templates.ts';

/** Each template below what it builds on. */
export function showChain(options: WhereOptions, settings: Settings): Promise<number> {
  const within = `/subscriptions/${options.subscription ?? subscriptionOf(settings)}`;
  return withTemplates(settings, async (templates) => {
    const views = await templates.listAll(within);
    const lines = chainLines(views);
    console.log(lines.length === 0 ? 'no templates yet: kiln template create FILE' : lines.join('\n'));
    return EXIT.done;
  });
}

export function chainLines(views: TemplateView[]): string[] {
  const links = views
    .map((view) => ({ ...linkOf(view.plan), last: view.runs[0] }))
    .toSorted((left, right) => left.name.localeCompare(right.name));
  const lines: string[] = [];
  const told = new Set<string>();
  const tell = (link: (typeof links)[number], indent: string, branch: string, above: string[]): void => {
    told.add(link.id);
    const state = link.last === undefined ? 'never run' : `${link.last.state} ${link.last.startTime}`;
    if (above.includes(link.id)) {
      lines.push(`${indent}${branch}${link.name} … builds on itself`);
      return;
    }
    lines.push(`${indent}${branch}${link.name}  (${state})`);
    const children = links.filter((other) => parentsOf(other, [link]).length > 0);
    const below = branch === '' ? indent : `${indent}${branch === '└─ ' ? '   ' : '│  '}`;
    children.forEach((child, at) =>
      tell(child, below, at === children.length - 1 ? '└─ ' : '├─ ', [...above, link.id]),
    );
  };
  for (const link of links) if (parentsOf(link, links).length === 0) tell(link, '', '', []);
  // What is left goes round in a circle, and has no first one.
  for (const link of links) if (!told.has(link.id)) tell(link, '', '', []);
  return lines;
}
