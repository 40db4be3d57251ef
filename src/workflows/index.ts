/** Every workflow the worker serves. */
export { buildImage } from './build-image.ts';
export { distributeImage } from './distribute-image.ts';
export { deleteBuild, issueLogLinks, issueUploadLinks, planImage } from './errands.ts';
export { imageTemplate } from './image-template.ts';
export { patchImages } from './patch-images.ts';
export { redistributeImage } from './redistribute-image.ts';
export { retainVersions } from './retain-versions.ts';
export { sweepBuilds, undoBuild, undoTemplate } from './sweep-builds.ts';
