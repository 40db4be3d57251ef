import type { ResolvedSource } from '../template/build-plan.ts';
import { galleryKindOf } from '../template/resource-id.ts';

/** A gallery that others share is named by its unique name, and its images by no resource id. */
export function galleryReference({ id }: ResolvedSource) {
  switch (galleryKindOf(id)) {
    case 'directShared':
      return { sharedGalleryImageId: id };
    case 'community':
      return { communityGalleryImageId: id };
    case 'own':
    case undefined:
      return { id };
  }
}
