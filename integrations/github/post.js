import { launch } from '../launch.js';

await launch('./github/post.ts');
