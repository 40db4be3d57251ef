/** The service's rules for a `SourceImage` trigger, as far as the template itself can break them. */
import type { BuildPlan } from '../template/build-plan.ts';
import { isVersionOf } from '../template/chains.ts';

/** Why a new version of the source may not start runs of this template; empty: it may. */
export function triggerObjections({ source, distribute }: BuildPlan): string[] {
  const found: string[] = [];
  if (source.type === 'ManagedImage') {
    return ['a SourceImage trigger needs a source of type PlatformImage or SharedImageVersion'];
  }
  const latest =
    source.type === 'PlatformImage' ? source.version === 'latest' : /\/versions\/latest$/i.test(source.imageVersionId);
  if (!latest) found.push("a SourceImage trigger needs a source whose version is 'latest'");
  for (const distributor of distribute) {
    if (distributor.type !== 'SharedImage') continue;
    const { runOutputName, version, imageDefinitionId } = distributor;
    if (version.scheme === 'explicit') {
      found.push(`a SourceImage trigger needs distributors without an explicit version: ${runOutputName} has one`);
    }
    if (source.type === 'SharedImageVersion' && isVersionOf(source.imageVersionId, imageDefinitionId)) {
      found.push(`the source and ${runOutputName} are the same image definition: each run would start the next`);
    }
  }
  return found;
}
