/** Whether two plans build the same image: what names a run, its staging and the template itself aside. */
import type { BuildPlan } from '../template/build-plan.ts';

export function buildsTheSame(left: BuildPlan, right: BuildPlan): boolean {
  return isDeepEqual(ofImage(left), ofImage(right));
}

function ofImage(plan: BuildPlan): object {
  const {
    runId: _runId,
    template: _template,
    staging: _staging,
    stagingResourceGroup: _group,
    tags: _tags,
    managedResourceTags: _managed,
    autoRun: _autoRun,
    warnings: _warnings,
    ...image
  } = plan;
  return image;
}

function isDeepEqual(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [ofLeft, ofRight] = [Object.entries(left), new Map(Object.entries(right))];
  return (
    ofLeft.length === ofRight.size &&
    ofLeft.every(([key, value]) => ofRight.has(key) && isDeepEqual(value, ofRight.get(key)))
  );
}
